import { shellWords } from './shell-words.ts'

/** Options of ssh(1) that take a value. */
const withValue = 'BbcDEeFIiJLlmOoPpQRSWw'

/**
 * The jump hosts that ssh arguments name: `-J host`, `-o ProxyJump=host`, and the ProxyCommand `ssh -W %h:%p host` that means the same.
 * A ProxyCommand of another kind gives nothing.
 */
export function proxyJumpOf(args: string): string | undefined {
  const words = shellWords(args)
  if (typeof words === 'string') return undefined
  const { options } = readOptions(words)
  for (const { flag, value } of options) {
    if (flag === 'J') return value
    if (flag !== 'o') continue
    const [, key = '', setting = ''] = /^\s*(\w+)\s*[=\s]\s*(.*)$/.exec(value) ?? []
    if (key.toLowerCase() === 'proxyjump') return setting
    if (key.toLowerCase() === 'proxycommand') return jumpOfCommand(setting)
  }
  return undefined
}

function jumpOfCommand(command: string): string | undefined {
  const words = shellWords(command)
  if (typeof words === 'string' || !/^(?:\/\S*\/)?ssh$/.test(words[0] ?? '')) return undefined
  const { options, rest } = readOptions(words.slice(1))
  const value = (flag: string): string | undefined => options.find(option => option.flag === flag)?.value
  const [target, ...more] = rest
  const forwards = value('W') !== undefined ? more.length === 0 : more[0] === 'nc' || more[0] === 'netcat'
  if (target === undefined || !forwards) return undefined
  const user = value('l')
  const port = value('p')
  return `${user === undefined || target.includes('@') ? '' : `${user}@`}${target}${port === undefined ? '' : `:${port}`}`
}

interface Option {
  readonly flag: string
  readonly value: string
}

/** As getopt reads ssh's own arguments; what is after the destination is a command, but options may follow it. */
function readOptions(words: readonly string[]): { options: Option[]; rest: string[] } {
  const options: Option[] = []
  const rest: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (!/^-[A-Za-z0-9]/.test(word) || rest.length > 1) {
      rest.push(word)
      continue
    }
    const end = [...word].findIndex((letter, index) => index > 0 && withValue.includes(letter))
    for (const flag of word.slice(1, end === -1 ? undefined : end)) options.push({ flag, value: '' })
    if (end === -1) continue
    const attached = word.slice(end + 1)
    options.push({ flag: word[end] ?? '', value: attached || (words[at + 1] ?? '') })
    if (attached === '') at++
  }
  return { options, rest }
}
