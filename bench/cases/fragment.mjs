import { milliseconds, pause, worker } from '../processes.mjs';

export const chromiumFragment = {
  name: 'fragment',
  title: 'fragment sign-in in Chromium, to event',
  unit: 'ms',
  method:
    'Chromium (headless, @sparticuz/chromium by puppeteer-core, both of the root install) is told to navigate to the callback with a token in its fragment: until the app has its event. Raw is a hand-written page of three lines that posts its fragment. A new server, thus a new connection, each time.',
  columns: ['raw', 'ours'],
  baseline: 'raw',
  targets: [{ column: 'ours', against: 'raw', ratio: 1.15 }],
  runs: 60,
  async open() {
    const [{ default: chromium }, { default: puppeteer }] = await Promise.all([
      import('@sparticuz/chromium'),
      import('puppeteer-core'),
    ]);
    const browser = await puppeteer.launch({
      // Not the package's own arguments: among them is --disable-web-security, and what is measured is a browser as people
      // have it.
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
      executablePath: await chromium.executablePath(),
      headless: 'shell',
    });
    // puppeteer takes SIGTERM for itself: the browser would end and the run go on.
    process.once('SIGTERM', () => process.exit(143));
    const page = await browser.newPage();
    const workers = new Map();
    const signIn = async (subject) => {
      const { signIn } = await subject.begin();
      await page.goto('about:blank');
      await pause(50);
      const start = process.hrtime.bigint();
      const [told] = await Promise.all([
        subject.result(),
        page.goto(`http://127.0.0.1:${signIn.port}${signIn.fragment}`),
      ]);
      await subject.end();
      return milliseconds(start, told);
    };
    return {
      async sample(column) {
        if (!workers.has(column)) {
          workers.set(column, await worker(column));
          for (let index = 0; index < 10; index += 1) await signIn(workers.get(column));
        }
        return signIn(workers.get(column));
      },
      async close() {
        await browser.close();
        await Promise.all([...workers.values()].map((process) => process.close()));
      },
    };
  },
};
