import { type Format, Misfit } from './format.ts'
import { type ContainerLine, ContainerReader } from './pieces.ts'
import { textFormat } from './text-format.ts'
import { isRfc3339 } from './time.ts'

const criLine = /^(\S+) (stdout|stderr) ([PF])(?::\S*)?(?: (.*))?$/s

/** What Kubernetes' runtimes write: `2016-10-06T00:17:09.669794202Z stdout F text`; `P` marks a piece of a longer line, `F` its last. */
export const cri: Format = { name: 'cri', open: () => new ContainerReader(criContent) }

function criContent(line: string): ContainerLine | Misfit {
  const [, time, stream, tag, message = ''] = criLine.exec(line) ?? []
  if (time === undefined || !isRfc3339(time)) return new Misfit('does not begin with time, stream and tag')
  return { time, stream, message, isWhole: tag === 'F' }
}

const klogLine = /^([IWEF])(\d\d)(\d\d) (\d\d:\d\d:\d\d\.\d+) +(\d+) ([^\s:\]]+):(\d+)\] ?(.*)$/s
const klogSeverity: Readonly<Record<string, string>> = { I: 'info', W: 'warning', E: 'error', F: 'fatal' }

/** Kubernetes' own log: `I0102 15:04:05.678901    1234 file.go:123] text`. It names neither year nor zone, so that its time stays text. */
export const klog: Format = textFormat('klog', () => (line, tally) => {
  const [, letter = '', month, day, clock, thread, file, at, message] = klogLine.exec(line) ?? []
  if (file === undefined) return new Misfit('does not begin as klog does')
  tally.unreadTimes++
  const severity = klogSeverity[letter]
  return JSON.stringify({ time: `${month}-${day} ${clock}`, severity, thread: Number(thread), file, line: Number(at), message })
})
