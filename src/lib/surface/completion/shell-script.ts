/** A script as it stands between the backticks, `\\${` standing for `${`. */
export const shellScript = (text: TemplateStringsArray): string => text.raw.join('').replaceAll('\\${', '${')
