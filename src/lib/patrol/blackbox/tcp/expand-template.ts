type Captures = ReadonlyMap<string, string>

/**
 * A template in which `$1`, `${1}`, `$name` and `${name}` stand for what a regular expression found, and `$$` for a dollar (Expand of
 * Go's regexp). The name without braces is as long as it can be; what was not found is empty.
 */
export function expandTemplate(template: Buffer, captures: Captures): Buffer {
  // A character a byte: what is no text stays as it is.
  const found = (name: string): string => Buffer.from(captures.get(name) ?? '').toString('latin1')
  const text = template.toString('latin1')
  const expanded = text.replace(/\$(?:(\$)|(\w+)|\{(\w+)\})/g, (_, dollar?: string, plain?: string, braced?: string) =>
    dollar === undefined ? found(plain ?? braced ?? '') : '$',
  )
  return Buffer.from(expanded, 'latin1')
}
