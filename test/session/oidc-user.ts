/** Signs in at oidc-provider's development pages by their forms, and follows the redirects up to the app's page. */
export async function approveByForms(start: URL): Promise<void> {
  const cookies = new Map<string, string>();
  let uri = start;
  let form: URLSearchParams | undefined;
  for (let steps = 0; steps < 20; steps++) {
    const response = await fetch(uri, {
      method: form === undefined ? 'GET' : 'POST',
      redirect: 'manual',
      headers: {
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        'sec-fetch-mode': 'navigate',
      },
      body: form ?? null,
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    const text = await response.text();
    const location = response.headers.get('location');
    if (location !== null) {
      uri = new URL(location, uri);
      form = undefined;
      continue;
    }
    const action = /<form[^>]* action="([^"]+)"/.exec(text)?.[1];
    const prompt = /name="prompt" value="([^"]+)"/.exec(text)?.[1];
    if (action === undefined || prompt === undefined) return; // The app's page.
    uri = new URL(action, uri);
    form = new URLSearchParams({ prompt, ...(prompt === 'login' && { login: 'ada', password: 'any' }) });
  }
  throw new Error('The sign-in does not end');
}
