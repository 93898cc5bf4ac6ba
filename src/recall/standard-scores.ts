/** How far each value lies from the mean, in standard deviations; 0 where there is no value or all are alike. */
export function standardScores(values: readonly (number | undefined)[]): number[] {
  const known = values.filter((value) => value !== undefined);
  const mean = known.reduce((sum, value) => sum + value, 0) / Math.max(known.length, 1);
  const deviation = Math.sqrt(known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(known.length, 1));
  // Rounding leaves equal values a deviation that is not quite zero.
  return values.map((value) => (value === undefined || deviation < 1e-9 ? 0 : (value - mean) / deviation));
}
