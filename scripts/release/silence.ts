import type { Target } from './packaging.ts'

/**
 * The runtime without the names of these variables, so that whoever calls opsctl cannot make it load code, trust certificates or write
 * files through them (docs/adr/0008-silenced-variables.md). Of each name that stands in the runtime as a whole C string the first byte
 * becomes NUL: what is looked up is then a name that no environment can hold. Three places do not work by such a name: the options of
 * the JavaScript engine, whose prefix is compared byte by byte in machine code, those of the memory allocator, whose prefix is a number
 * there, and the runtime's own JavaScript, which asks process.env whether TLS certificates are to be verified.
 * @throws Error when something is not found exactly as often as expected: another runtime needs another look
 */
export function silence(runtime: Uint8Array, target: Target, variables: readonly string[]): Uint8Array {
  const bytes = Buffer.from(runtime)
  expect(target, 'names of variables', silenceNames(bytes, variables), target.silenced)
  expect(target, 'tests of an engine option', silenceEngineOptions(bytes, target), 1)
  expect(target, 'prefixes of an allocator option', silenceAllocatorOptions(bytes), 1)
  expect(target, 'questions whether to verify TLS', alwaysVerify(bytes), 3)
  return bytes
}

function expect({ name }: Target, what: string, found: number, expected: number): void {
  if (found !== expected) throw new Error(`the runtime of ${name} holds ${found} ${what}, not ${expected} as expected`)
}

function silenceNames(bytes: Buffer, variables: readonly string[]): number {
  const names = variables.map(name => name.replace('*', '[A-Za-z0-9_]+')).join('|')
  const starts = matches(bytes, new RegExp(`(?<=\\0)(?:${names})(?=\\0)`, 'g'))
  for (const start of starts) bytes[start] = 0
  return starts.length
}

/**
 * `BUN_JSC_…` sets options of JavaScriptCore, one of which replaces functions. The loop over the environment goes on to the next
 * variable when a byte differs from the prefix; made unconditional after the first byte, it always does.
 */
function silenceEngineOptions(bytes: Buffer, { cpu }: Target): number {
  return cpu === 'x64' ? skipOnX64(bytes) : skipOnArm64(bytes)
}

function skipOnX64(bytes: Buffer): number {
  const rest = [...'UN_JSC_'].map((letter, index) => `A?\\x80[\\x78-\\x7f]\\x0${index + 1}${letter}\\x75[^]`).join('')
  const loop = new RegExp(`A?\\x80[\\x38-\\x3f]B\\x75[^]${rest}`, 'g')
  const starts = matches(bytes, loop)
  // 75 is jne, eb jmp, both with an 8-bit distance.
  for (const start of starts) bytes[bytes.indexOf(0x75, start)] = 0xeb
  return starts.length
}

function skipOnArm64(bytes: Buffer): number {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
  const prefix = [...Buffer.from('BUN_JSC_')]
  let found = 0
  for (let index = 0; index + 24 < words.length; index++) {
    // ldrb, cmp, b.ne for each letter.
    if (!prefix.every((letter, at) => comparesWith(words[index + at * 3], letter) && branchesIfNot(words[index + at * 3 + 1])))
      continue
    const branch = words[index + 1] ?? 0
    // b.ne has a distance of 19 bits at bit 5, b one of 26 bits at bit 0; both count words, with a sign.
    words[index + 1] = (0x14000000 | (((branch << 8) >> 13) & 0x03ffffff)) >>> 0
    found++
  }
  return found
}

const comparesWith = (word = 0, letter: number): boolean => (word & 0xfffffc1f) >>> 0 === (0x7100001f | (letter << 10)) >>> 0
const branchesIfNot = (word = 0): boolean => (word & 0xff00001f) >>> 0 === 0x54000001

/**
 * `MIMALLOC_…` sets options of the allocator: it prints, or takes memory. The eight letters of the prefix are one 64-bit number, in an
 * instruction or among constants. A name that begins with = is one that no program can set for another by setenv, and no shell.
 */
function silenceAllocatorOptions(bytes: Buffer): number {
  const starts = matches(bytes, /(?<=[HI][\xb8-\xbf])mimalloc|mimalloc(?=[^\0 -~])/g)
  for (const start of starts) bytes.write('=', start, 'latin1')
  return starts.length
}

/** In the text of the runtime's own modules; NaN equals nothing, and is as long as the text it replaces. */
function alwaysVerify(bytes: Buffer): number {
  const starts = matches(bytes, /process\.env\.NODE_TLS_REJECT_UNAUTHORIZED [!=]== "0"/g)
  for (const start of starts) bytes.write('NaN', bytes.indexOf('"0"', start), 'latin1')
  return starts.length
}

/** Where the pattern stands, looked for in overlapping pieces, since a whole runtime is too long for one string of a regular expression. */
function matches(bytes: Buffer, pattern: RegExp): number[] {
  const piece = 1 << 24
  const overlap = 1 << 10
  const found = new Set<number>()
  for (let from = 0; from < bytes.length; from += piece) {
    const text = bytes.toString('latin1', Math.max(0, from - overlap), from + piece)
    for (const match of text.matchAll(pattern)) found.add(Math.max(0, from - overlap) + match.index)
  }
  return [...found]
}
