/** For a process whose engine lives for seconds: optimising its code takes longer than it is then run. */
export const QUICK_START = '--liftoff-only';
