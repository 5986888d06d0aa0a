/** How many inputs a property is tried with; `npm run fuzz -- --runs 1000000` asks for more. */
export const runs = { numRuns: Number(process.env.FUZZ_RUNS ?? 200) };

/** Milliseconds that a property may take: a long run takes as long as it takes. */
export const propertyTimeout = 30_000 + runs.numRuns * 20;
