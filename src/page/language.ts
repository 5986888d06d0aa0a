export * from './page-texts.js';
