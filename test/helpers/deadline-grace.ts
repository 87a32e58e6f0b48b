/**
 * What a look may take beyond its deadline, milliseconds: 100 on a machine that has nothing else to do, and more where others take time
 * from us. A test that holds somebody to it says so near its top: `// Wants calm: …`.
 */
export const deadlineGraceMs = process.env['CI'] ? 2100 : 100
