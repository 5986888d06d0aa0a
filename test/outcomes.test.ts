import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { AuthAbortedError } from '#src/errors.js';
import { rejectionRow, rejections } from '#src/outcomes.js';
import { pageTextKeys } from '#src/page/language.js';

const reasons = Object.keys(rejections);

describe('rejections', () => {
  it('each have a text of the page, a status of HTTP, and whole sentences', () => {
    for (const reason of reasons) {
      const { status, view, code, advice, explanation, terminal } = rejectionRow(reason) ?? { status: 0 };
      expect(status).toBeGreaterThanOrEqual(400);
      if (view !== undefined) expect(pageTextKeys).toContain(view.reason);
      expect(advice === undefined).toBe(code === undefined);
      expect(terminal === undefined).toBe(explanation === undefined);
      for (const text of [advice, explanation, terminal]) expect(text ?? 'It is.').toMatch(/^[A-Z`].+\.$/);
    }
  });

  it('are all in docs/errors.md, as are the codes of all errors', async () => {
    const [document = '', source = ''] = await Promise.all(
      ['docs/errors.md', 'src/auth-error.ts'].map((file) => readFile(new URL(`../${file}`, import.meta.url), 'utf8')),
    );
    const codes = [...source.matchAll(/^ {2}\| '([A-Z_]+)'/gm)].map(([, code = '']) => code);
    expect(codes).toContain('TIMED_OUT');
    expect([...codes, ...reasons].filter((word) => !document.includes(`\`${word}\``))).toEqual([]);
  });

  it('are never said not to have arrived', () => {
    const timeout = new DOMException('over', 'TimeoutError');
    for (const reason of reasons) {
      const { message } = new AuthAbortedError(timeout, { [reason]: 2 });
      expect(message).toContain(`${reason} (2)`);
      expect(message).not.toContain('No response arrived');
    }
    expect(new AuthAbortedError(timeout, { prefetch: 1, method: 2 }).message).toBe(
      'The sign-in was not finished in time. Only requests without a response arrived: prefetch, method (2).',
    );
    expect(new AuthAbortedError(timeout).message).toContain('No response arrived');
  });
});
