import type { Json } from '../core/json.ts'

export type Variables = Readonly<Record<string, Json>>

const form = /\$\{([A-Za-z_]\w*)\}/g
const whole = /^\$\{([A-Za-z_]\w*)\}$/

/** A copy with `${name}` replaced by what the variable holds; alone in a text it keeps its kind. `$${` stands for `${`. Names that there are not go into `missing`. */
export function fillIn(value: Json, variables: Variables, missing: Set<string>): Json {
  if (typeof value === 'string') return fillText(value, variables, missing)
  if (Array.isArray(value)) return value.map(each => fillIn(each, variables, missing))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fillIn(each, variables, missing)]))
}

function fillText(text: string, variables: Variables, missing: Set<string>): Json {
  const held = (name: string): Json => {
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined
    if (value === undefined) missing.add(name)
    return value ?? ''
  }
  const [, only] = whole.exec(text) ?? []
  if (only !== undefined) return held(only)
  return text
    .split('$${')
    .map(part =>
      part.replace(form, (_, name: string) => {
        const value = held(name)
        return typeof value === 'string' ? value : JSON.stringify(value)
      }),
    )
    .join('${')
}
