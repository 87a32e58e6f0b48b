/**
 * What the page does beyond showing: filter by text, standing and group of failures, sort by column, open and close. It only hides,
 * moves and labels what is there; without it everything can be read. `/` goes to the filter, Escape clears it.
 */
export const pageScript = String.raw`'use strict'
const all = (selector, within = document) => [...within.querySelectorAll(selector)]
const tools = document.querySelector('.tools')
if (tools) {
  const body = document.querySelector('tbody')
  const rows = all('tr', body)
  const filter = document.getElementById('filter')
  const shown = document.getElementById('shown')
  const none = document.getElementById('none')
  const chips = all('.chip')
  const groups = all('[data-group]')
  const texts = new Map()
  const textOf = row => {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase())
    return texts.get(row)
  }
  let group = null

  const apply = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean)
    const standings = chips.filter(chip => chip.ariaPressed === 'true').map(chip => chip.dataset.standing)
    let count = 0
    for (const row of rows) {
      const fits =
        (standings.length === 0 || standings.some(standing => row.classList.contains(standing))) &&
        (group === null || row.dataset.in === group) &&
        words.every(word => textOf(row).includes(word))
      row.hidden = !fits
      if (fits) count++
    }
    shown.textContent = count === rows.length ? count + ' shown' : count + ' of ' + rows.length + ' shown'
    none.hidden = count > 0
    for (const button of groups) {
      const on = button.dataset.group === group
      button.ariaPressed = String(on)
      button.textContent = on ? 'Show all again' : 'Show in table'
    }
  }

  let pending = 0
  filter.addEventListener('input', () => {
    clearTimeout(pending)
    if (rows.length <= 300) apply()
    else pending = setTimeout(apply, 120)
  })
  for (const chip of chips) {
    chip.addEventListener('click', () => {
      chip.ariaPressed = String(chip.ariaPressed !== 'true')
      apply()
    })
  }
  for (const button of groups) {
    button.hidden = false
    button.addEventListener('click', () => {
      group = group === button.dataset.group ? null : button.dataset.group
      apply()
      if (group !== null) tools.scrollIntoView({ block: 'start' })
    })
  }

  const expand = document.getElementById('expand')
  expand.addEventListener('click', () => {
    const open = expand.ariaPressed !== 'true'
    expand.ariaPressed = String(open)
    expand.textContent = open ? 'Close all' : 'Open all'
    for (const row of rows) for (const details of all('details', row)) details.open = open && !row.hidden
  })

  const natural = new Intl.Collator('en', { numeric: true })
  const keyOf = {
    result: row => Number(row.dataset.result),
    time: row => Number(row.dataset.time),
    host: row => row.querySelector('.host').textContent,
    name: row => row.querySelector('.name').textContent,
    reason: row => row.querySelector('.reason').textContent,
  }
  const compare = (a, b) => (typeof a === 'number' ? a - b : natural.compare(a, b))
  const columns = all('th[data-sort]')
  for (const column of columns) {
    const button = document.createElement('button')
    button.type = 'button'
    button.append(...column.childNodes)
    column.append(button)
    button.addEventListener('click', () => {
      const down = column.ariaSort === 'ascending'
      for (const other of columns) other.removeAttribute('aria-sort')
      column.ariaSort = down ? 'descending' : 'ascending'
      const key = keyOf[column.dataset.sort]
      const order = rows.map((row, at) => ({ row, at, key: key(row) }))
      order.sort((a, b) => (down ? compare(b.key, a.key) : compare(a.key, b.key)) || a.at - b.at)
      body.append(...order.map(entry => entry.row))
    })
  }

  document.addEventListener('keydown', event => {
    if (event.key === '/' && document.activeElement !== filter) {
      event.preventDefault()
      filter.focus()
    } else if (event.key === 'Escape' && document.activeElement === filter) {
      filter.value = ''
      apply()
    }
  })
  tools.hidden = false
  apply()
}
`
