import { mostTicks, roundSteps } from './time-axis.ts'

/**
 * What the page does beyond showing a timeline: leaves only the rows with trouble, draws one group as wide as the page, says what a bar is
 * where it is pointed at or reached, and leads through the bars by arrow keys: one stop for Tab, as in a grid.
 */
export const timelineScript = `
const chart = document.querySelector('.chart')
if (chart) {
  const rows = all('div.row:not(.axis)', chart)
  const groups = all('.group', chart)
  const isOn = button => button !== null && button.ariaPressed === 'true'

  // Which rows and groups are shown.
  const troubled = document.getElementById('troubled')
  let near = null
  const choose = () => {
    for (const row of rows) row.hidden = isOn(troubled) && !row.classList.contains('trouble')
    const isShown = part => all('div.row', part).some(row => !row.hidden)
    for (const fold of all('.fold', chart)) fold.hidden = !isShown(fold)
    for (const group of groups) {
      const { at, ms } = timesOf(group)
      group.hidden = !isShown(group) || (near !== null && group !== near.group && (at >= near.end || at + ms <= near.start))
    }
    if (near !== null) draw()
    settle()
  }
  if (troubled) {
    troubled.hidden = false
    troubled.addEventListener('click', () => {
      troubled.ariaPressed = String(!isOn(troubled))
      choose()
      for (const fold of all('.fold', chart)) fold.open = isOn(troubled) && !fold.hidden
    })
  }

  // One group as wide as the page: the bars are placed as the server places them, and back by taking that away again.
  const timesOf = part => ({ at: Number(part.dataset.at), ms: Number(part.dataset.ms) })
  const axis = chart.querySelector('.axis .lane')
  const lanes = all('.row:not(.axis) .lane', chart)
  const wholeAxis = [...axis.childNodes]
  const steps = ${JSON.stringify(roundSteps)}
  const stepOf = ms => steps.find(step => ms / step <= ${mostTicks}) || steps.at(-1)
  const label = ms => {
    let text = ''
    let seconds = ms / 1000
    for (const [size, unit] of [[3600, 'h'], [60, 'm']]) {
      const count = Math.floor(seconds / size)
      if (count > 0) text += count + unit
      seconds -= count * size
    }
    if (text === '' && seconds > 0 && seconds < 1) return ms + 'ms'
    return seconds > 0 ? text + Number(seconds.toFixed(3)) + 's' : text || '0'
  }
  const place = (element, left, width) => {
    element.style.left = left
    if (width !== undefined) element.style.width = width
  }
  const draw = () => {
    chart.classList.toggle('zoomed', near !== null)
    if (near === null) {
      axis.replaceChildren(...wholeAxis)
      chart.style.removeProperty('--tick')
      for (const bar of lanes.flatMap(lane => [...lane.children])) {
        place(bar, '', '')
        bar.hidden = false
        if (bar.dataset.drawn) bar.className = bar.dataset.drawn
      }
      return
    }
    const { at, ms, step } = near
    chart.style.setProperty('--tick', (step * 100) / ms + '%')
    const ticks = []
    for (let tick = at; tick <= at + ms; tick += step) {
      const mark = document.createElement('i')
      mark.textContent = label(tick)
      mark.className = (tick > at + ms * 0.9 ? 'end ' : '') + (ticks.length % 2 ? 'odd' : '')
      place(mark, ((tick - at) * 100) / ms + '%')
      ticks.push(mark)
    }
    axis.replaceChildren(...ticks)
    const pixels = axis.clientWidth / 100
    for (const lane of lanes) {
      if (lane.closest('.group').hidden) continue
      let free = 0
      for (const bar of lane.children) {
        const own = timesOf(bar)
        bar.dataset.drawn ||= bar.className
        bar.hidden = own.at > at + ms || own.at + own.ms < at
        if (bar.hidden) continue
        const left = Math.max(free, ((own.at - at) * 100) / ms)
        const width = Math.max(0.5, ((own.at + own.ms - at) * 100) / ms - left)
        free = left + width
        place(bar, left + '%', width + '%')
        bar.classList.remove('m')
        bar.classList.toggle('n', width * pixels < Math.min(100, (bar.textContent.length + 2) * 7.3 + 8))
      }
    }
  }
  for (const group of groups) {
    const { at, ms } = timesOf(group)
    if (ms === 0 || groups.length === 1) continue
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = 'Zoom'
    button.ariaPressed = 'false'
    button.ariaLabel = 'Zoom to ' + group.querySelector('.who').textContent
    button.addEventListener('click', () => {
      const on = !isOn(button)
      for (const other of all('h3 button', chart)) other.ariaPressed = 'false'
      button.ariaPressed = String(on)
      const step = stepOf(ms)
      const from = Math.floor(at / step) * step
      near = on ? { group, start: at, end: at + ms, at: from, ms: (at + ms - from) * 1.02, step } : null
      if (!on) draw()
      choose()
      if (!on) group.scrollIntoView({ block: 'nearest' })
    })
    group.querySelector('h3 .sum').append(button)
  }

  // What a bar is.
  const tip = document.createElement('div')
  tip.className = 'tip'
  tip.hidden = true
  tip.ariaHidden = 'true'
  chart.append(tip)
  const wordsOf = bar => {
    if (bar.title !== '') {
      bar.dataset.words = bar.title
      bar.ariaLabel = bar.title
      bar.removeAttribute('title')
    }
    return bar.dataset.words
  }
  const show = bar => {
    tip.textContent = wordsOf(bar)
    tip.hidden = false
    const frame = chart.getBoundingClientRect()
    const spot = bar.getBoundingClientRect()
    tip.style.left = Math.max(4, Math.min(spot.left - frame.left, frame.width - tip.offsetWidth - 4)) + 'px'
    const fits = spot.bottom + tip.offsetHeight + 10 < innerHeight
    tip.style.top = (fits ? spot.bottom + 6 : spot.top - tip.offsetHeight - 6) - frame.top + 'px'
  }
  const hide = () => {
    tip.hidden = true
  }
  const barAt = event => event.target.closest('.lane li, .lane b')
  chart.addEventListener('pointerover', event => {
    const bar = barAt(event)
    if (bar) show(bar)
    else hide()
  })
  chart.addEventListener('pointerleave', hide)
  chart.addEventListener('focusin', event => {
    const bar = barAt(event)
    if (bar) show(bar)
  })
  chart.addEventListener('focusout', event => {
    if (barAt(event)) hide()
  })
  // A finger points at nothing once it is lifted.
  chart.addEventListener('click', event => {
    const bar = barAt(event)
    if (bar) show(bar)
  })

  // From bar to bar.
  const barsOf = row => all('.lane li', row).filter(bar => !bar.hidden)
  const shownRows = () => rows.filter(row => row.checkVisibility() && barsOf(row).length > 0)
  let stop = null
  const reach = bar => {
    if (stop) stop.removeAttribute('tabindex')
    stop = bar
    if (bar) bar.tabIndex = 0
  }
  const settle = () => {
    if (stop === null || !stop.checkVisibility()) reach(shownRows().flatMap(barsOf)[0] || null)
  }
  const middle = bar => {
    const spot = bar.getBoundingClientRect()
    return spot.left + spot.width / 2
  }
  const nearest = (bars, bar) =>
    bars.reduce((best, other) => (Math.abs(middle(other) - middle(bar)) < Math.abs(middle(best) - middle(bar)) ? other : best))
  const moves = {
    ArrowRight: (bars, at) => bars[at + 1],
    ArrowLeft: (bars, at) => bars[at - 1],
    Home: bars => bars[0],
    End: bars => bars.at(-1),
  }
  chart.addEventListener('keydown', event => {
    const bar = event.target.closest('.lane li')
    if (!bar) return
    if (event.key === 'Escape') hide()
    const row = bar.closest('.row')
    const bars = barsOf(row)
    const next = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    const other = next && shownRows()[shownRows().indexOf(row) + next]
    const to = other ? nearest(barsOf(other), bar) : moves[event.key]?.(bars, bars.indexOf(bar))
    if (next || moves[event.key]) event.preventDefault()
    if (!to) return
    reach(to)
    to.focus()
  })
  chart.addEventListener('toggle', settle, true)
  settle()
}
`
