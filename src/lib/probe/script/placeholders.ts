const form = /\$(\$\{)|\$\{(\w+)\}/g

/** Names that stand as `${name}` in a text. */
export const placeholders = (text: string): string[] => [...text.matchAll(form)].flatMap(([, , name]) => name ?? [])

/** With them filled in; `$${` stands for `${`, and what took no part in a match is empty. */
export const filled = (text: string, values: ReadonlyMap<string, string>): string =>
  text.replace(form, (_, escaped: string | undefined, name: string) => escaped ?? values.get(name) ?? '')
