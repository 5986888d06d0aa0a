// No build step is needed: a DOM event reports the result of the sign-in.
document.addEventListener('authresult', (event) => {
  document.title = event.detail.state === 'success' ? 'Tidewater: aboard!' : 'Tidewater: ashore';
});
