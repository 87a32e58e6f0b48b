import type { Style } from '../core/component.ts'
import { formatDuration } from '../core/duration.ts'
import type { ProgressState } from '../core/io.ts'
import { plainStyle } from './plain-style.ts'

/** How far a run is, in words: `12/100 done, 2 failed, 32 running`. */
export function progressWords({ total, done, failed, running }: ProgressState, style: Style): string {
  return [`${done}/${total} done`, failed > 0 ? style.bad(`${failed} failed`) : '', `${running} running`]
    .filter(part => part !== '')
    .join(', ')
}

export interface ProgressLine {
  readonly state: ProgressState
  readonly elapsedMs: number
  /** Columns that may be used. */
  readonly width: number
  readonly style: Style
}

/** The words with a bar and the time, as much of it as there is room for. */
export function progressLine({ state, elapsedMs, width, style }: ProgressLine): string {
  const time = elapsedMs < 1000 ? '' : `, ${formatDuration(Math.floor(elapsedMs / 1000) * 1000)}`
  const left = leftText(state, elapsedMs)
  const words = progressWords(state, plainStyle)
  let room = width - words.length
  if (room < 0) return words.slice(0, Math.max(0, width))
  const takes = (length: number): boolean => {
    if (length > room) return false
    room -= length
    return true
  }
  // The time matters most, then what is left, then the bar.
  const tail = [time, left].filter(text => takes(text.length)).join('')
  const head = takes(barWidth + 1) ? `${bar(state, style)} ` : ''
  return head + progressWords(state, style) + style.dim(tail)
}

const barWidth = 20

function bar({ total, done, failed }: ProgressState, style: Style): string {
  const cells = (count: number): number => (total === 0 ? 0 : Math.floor((Math.min(count, total) / total) * barWidth))
  const bad = failed > 0 ? Math.max(1, cells(failed)) : 0
  const full = Math.max(cells(done), bad)
  return style.bad('━'.repeat(bad)) + style.good('━'.repeat(full - bad)) + style.dim('─'.repeat(barWidth - full))
}

/** From the pace so far; no guess in the first seconds. */
function leftText({ total, done }: ProgressState, elapsedMs: number): string {
  if (done === 0 || done >= total || elapsedMs < 3000) return ''
  return `, about ${formatDuration(Math.ceil(((elapsedMs / done) * (total - done)) / 1000) * 1000)} left`
}
