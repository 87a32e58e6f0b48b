const [newline, brace, openBrace, space] = [10, 125, 123, 32]

/** Records, JSON objects one a line, each with the fields besides its own: where it has one of the name, its own stays. */
export function addFields(records: Uint8Array, fields: Readonly<Record<string, string>>): Uint8Array {
  const bytes = Buffer.from(records.buffer, records.byteOffset, records.length)
  const common = membersOf(Object.entries(fields))
  // Most records have no such field; those that seem to are looked at one by one.
  const doubtful = Object.keys(fields).filter(name => bytes.includes(`${JSON.stringify(name)}`))
  const pieces: Uint8Array[] = []
  let done = 0
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(newline, at)
    const line = bytes.subarray(at, end)
    const members = doubtful.length === 0 ? common : membersOf(missing(line.toString('utf8'), fields))
    const close = line.lastIndexOf(brace)
    if (members.length > 0) {
      pieces.push(bytes.subarray(done, at + close))
      pieces.push(isEmpty(line, close) ? members.subarray(1) : members)
      done = at + close
    }
    at = end + 1
  }
  pieces.push(bytes.subarray(done))
  return Buffer.concat(pieces)
}

/** With a comma in front. */
const membersOf = (entries: readonly (readonly [string, string])[]): Buffer =>
  Buffer.from(entries.map(([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`).join(''))

function missing(line: string, fields: Readonly<Record<string, string>>): [string, string][] {
  const record: object = JSON.parse(line)
  return Object.entries(fields).filter(([name]) => !Object.hasOwn(record, name))
}

/** Nothing but blanks stands before the closing brace. */
function isEmpty(line: Uint8Array, close: number): boolean {
  let at = close - 1
  while ((line[at] ?? 0) <= space && at > 0) at--
  return line[at] === openBrace
}
