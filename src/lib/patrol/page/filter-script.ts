/**
 * What the page does beyond showing: it asks for what fits while one types, and for what lies in a fold when it is opened; tips over bars.
 * Without it the form and links do the same by whole pages. `/` goes to the filter, Escape clears it.
 */
export const filterScript = `
  const all = (selector, within = document) => [...within.querySelectorAll(selector)]
  const byId = id => document.getElementById(id)
  const form = byId('filter')
  /** Groups whose fold somebody opened: what lies in it comes from the server. */
  const opened = new Set(new URLSearchParams(location.search).getAll('open'))
  const isNarrow = () => ['q', 'status', 'sla', 'group'].some(name => form.elements[name].value !== '')

  const keepAddress = () => {
    const query = new URLSearchParams()
    for (const [name, value] of new FormData(form)) if (value !== '' && !(name === 'span' && value === '48h')) query.set(name, value)
    for (const key of opened) query.append('open', key)
    const text = query.toString()
    history.replaceState(null, '', text === '' ? location.pathname : '?' + text)
  }

  if (form) {
    let waiting = 0
    let asked = new URLSearchParams(new FormData(form)).toString()
    const ask = () => {
      clearTimeout(waiting)
      const wanted = new URLSearchParams(new FormData(form)).toString()
      if (wanted === asked) return
      asked = wanted
      keepAddress()
      refresh({ isAnother: true })
    }
    form.querySelector('button').hidden = true
    form.addEventListener('input', () => {
      clearTimeout(waiting)
      waiting = setTimeout(ask, 150)
    })
    form.addEventListener('change', ask)
    form.addEventListener('submit', event => {
      event.preventDefault()
      ask()
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
        ask()
      }
    })
    document.addEventListener('toggle', event => {
      const fold = event.target
      if (!fold.matches('.fold')) return
      const key = fold.closest('.group').dataset.g
      if (!fold.open) opened.delete(key)
      else if ('lazy' in fold.dataset) opened.add(key)
      else return
      keepAddress()
      if (fold.open) refresh()
    }, true)
    // Browsers put back what was typed before a reload.
    setTimeout(ask)
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
