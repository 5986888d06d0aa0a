/** Reports progress: one changing line in a terminal, otherwise one line for each tenth. */
export class Progress {
  #total;
  #done = 0;
  #tenth = 0;
  #since = Date.now();

  constructor(total) {
    this.#total = total;
  }

  step(what) {
    this.#done += 1;
    const part = this.#done / this.#total;
    const left = Math.round(((Date.now() - this.#since) / part - (Date.now() - this.#since)) / 1000);
    const line = `${String(Math.floor(part * 100)).padStart(3)} %  ${left} s left  ${what}`;
    if (process.stderr.isTTY) {
      process.stderr.write(`\r\u001b[K${line}`);
    } else if (Math.floor(part * 10) > this.#tenth) {
      this.#tenth = Math.floor(part * 10);
      process.stderr.write(`${line}\n`);
    }
  }

  end() {
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  }
}
