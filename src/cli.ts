#!/usr/bin/env node
import { main } from './cli/main.js';

// What may still run, such as the watch over the opener of the browser, must not delay the end.
process.exit(await main(process.argv.slice(2)));
