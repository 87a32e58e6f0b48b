/** How often to repeat something slow: `reduced` times in every check, `full` times in a soak (`npm run soak`). */
export const counted = ({ reduced, full }: { readonly reduced: number; readonly full: number }): number =>
  process.env['SOAK'] === '1' ? full : reduced
