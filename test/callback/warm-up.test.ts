import { once } from 'node:events';
import { expect, it } from '@jest/globals';
import { warmUp } from '#src/callback/warm-up.js';
import { CallbackPageRenderer } from '#src/page/renderer.js';

it('handles a forwarded token to the end, once, without the app’s page', async () => {
  const template = (): string => {
    throw new Error('the template was called');
  };
  const renderer = new CallbackPageRenderer({ template }, { credentials: 'omit', reportLoaded: false });
  const response = warmUp(renderer);
  if (response === undefined) throw new Error('there was no warm-up');
  await once(response, 'finish');
  expect([response.headersSent, response.statusCode]).toEqual([true, 200]);
  expect(warmUp(renderer)).toBeUndefined();
});
