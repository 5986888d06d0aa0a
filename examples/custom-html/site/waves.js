// No build step is needed: the page hears how the sign-in ended by a DOM event.
document.addEventListener('authresult', (event) => {
  document.title = event.detail.state === 'success' ? 'Tidewater: aboard!' : 'Tidewater: ashore';
});
