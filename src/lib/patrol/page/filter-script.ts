/**
 * What the page does beyond showing: filters as one types, tips over bars, times that grow. It only hides and labels what is there; without
 * it the form asks for the page anew. `/` goes to the filter, Escape clears it.
 */
export const filterScript = String.raw`
  const all = (selector, within = document) => [...within.querySelectorAll(selector)]
  const byId = id => document.getElementById(id)
  const form = byId('filter')
  const problems = ['fail', 'unknown', 'warn']
  const texts = new WeakMap()
  const textOf = row => {
    let text = texts.get(row)
    if (text === undefined) {
      const parts = all('.st,.who,.said', row).map(part => part.textContent)
      text = (parts.join(' ') + ' ' + row.closest('.group').dataset.g).toLowerCase()
      texts.set(row, text)
    }
    return text
  }
  const wish = () => {
    const { q, status, sla, group } = form.elements
    return {
      words: q.value.toLowerCase().split(/\s+/).filter(Boolean),
      status: status.value, sla: sla.value, group: group.value,
    }
  }
  const isNarrow = ({ words, status, sla, group }) => words.length > 0 || status !== '' || sla !== '' || group !== ''
  const fits = (row, { words, status, sla, group }) =>
    (sla === '' || row.dataset.p === sla) &&
    (group === '' || row.closest('.group').dataset.g === group) &&
    (status === '' || (status === 'flapping' ? 'f' in row.dataset : status === 'problem' ? problems.includes(row.dataset.s) : row.dataset.s === status)) &&
    words.every(word => textOf(row).includes(word))

  /** Shows what fits; folds that hold some of it are opened, and closed again when nothing is asked for. */
  const applyFilter = () => {
    if (!form) return
    const wanted = wish()
    const narrow = isNarrow(wanted)
    let count = 0
    let total = 0
    for (const group of all('.group')) {
      let inGroup = 0
      let inFold = 0
      const fold = group.querySelector('.fold')
      for (const row of group.querySelectorAll('.row')) {
        const fit = !narrow || fits(row, wanted)
        if (row.hidden === fit) row.hidden = !fit
        total++
        if (!fit) continue
        inGroup++
        if (row.parentElement.parentElement === fold) inFold++
      }
      count += inGroup
      group.hidden = inGroup === 0
      if (narrow && inFold > 0 && !fold.open) {
        fold.open = true
        fold.dataset.opened = ''
      } else if (!narrow && 'opened' in fold.dataset) {
        fold.open = false
        delete fold.dataset.opened
      }
    }
    byId('shown').textContent = narrow ? count + ' of ' + total + ' shown' : ''
    byId('none').hidden = count > 0 || total === 0
  }

  const keepAddress = () => {
    const query = new URLSearchParams()
    for (const [name, value] of new FormData(form)) if (value !== '' && !(name === 'span' && value === '48h')) query.set(name, value)
    const text = query.toString()
    history.replaceState(null, '', text === '' ? location.pathname : '?' + text)
  }

  if (form) {
    let waiting = 0
    form.querySelector('button').hidden = true
    form.addEventListener('input', event => {
      clearTimeout(waiting)
      if (event.target.name === 'span') return
      waiting = setTimeout(() => { keepAddress(); applyFilter() }, 120)
    })
    form.addEventListener('change', event => {
      if (event.target.name !== 'span') return
      keepAddress()
      refresh()
    })
    form.addEventListener('submit', event => {
      event.preventDefault()
      keepAddress()
      applyFilter()
    })
    document.addEventListener('keydown', event => {
      const { q } = form.elements
      if (event.ctrlKey || event.metaKey || event.altKey) return
      if (event.key === '/' && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) {
        event.preventDefault()
        q.focus()
        q.select()
      } else if (event.key === 'Escape' && document.activeElement === q && q.value !== '') {
        event.preventDefault()
        q.value = ''
        keepAddress()
        applyFilter()
      }
    })
    // Browsers put back what was typed before a reload.
    if (isNarrow(wish())) applyFilter()
  }

  /** A bar tells its hour or day while the pointer is over it; for others the text beside it says how it was. */
  const tip = document.createElement('div')
  tip.className = 'tip'
  tip.hidden = true
  tip.setAttribute('aria-hidden', 'true')
  document.body.append(tip)
  const slotAt = (bars, share) => {
    const runs = bars.dataset.runs.split(',').map(run => run.split(' ').map(Number))
    const count = runs.reduce((sum, run) => sum + run[0], 0)
    const at = Math.min(count - 1, Math.max(0, Math.floor(share * count)))
    let left = at
    const found = runs.find(run => (left -= run[0]) < 0) || [0, 0]
    return { at, looks: found[1], bad: found[2] || 0, warned: found[3] || 0 }
  }
  document.addEventListener('pointermove', event => {
    const bars = event.target.closest && event.target.closest('.bars')
    tip.hidden = !bars
    if (!bars) return
    const box = bars.getBoundingClientRect()
    const { at, looks, bad, warned } = slotAt(bars, (event.clientX - box.left) / box.width)
    const hours = Number(bars.dataset.slot)
    const when = new Date(Number(bars.dataset.from) + at * hours * 3600000)
    const day = when.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })
    const name = hours === 24 ? day : day + ' ' + String(when.getUTCHours()).padStart(2, '0') + ':00'
    const found = [bad > 0 ? bad + ' of ' + looks + ' bad' : '', warned > 0 ? warned + ' of ' + looks + ' warned' : ''].filter(Boolean)
    tip.textContent = name + ': ' + (looks === 0 ? 'no looks' : found.join(', ') || 'well')
    const wide = tip.offsetWidth
    tip.style.left = Math.max(4, Math.min(event.pageX + 8, scrollX + document.documentElement.clientWidth - wide - 8)) + 'px'
    tip.style.top = box.top + scrollY - tip.offsetHeight - 4 + 'px'
  }, { passive: true })

  const lasting = ms => {
    const s = Math.max(0, Math.round(ms / 1000))
    const pair = (big, small, a, b) => big + a + (small === 0 ? '' : small + b)
    if (s < 60) return s + 's'
    if (s < 3600) return pair(Math.floor(s / 60), s % 60, 'm', 's')
    if (s < 86400) return pair(Math.floor(s / 3600), Math.floor((s % 3600) / 60), 'h', 'm')
    return pair(Math.floor(s / 86400), Math.floor((s % 86400) / 3600), 'd', 'h')
  }
`
