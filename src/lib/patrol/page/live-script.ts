/**
 * Keeps an open page true by server-sent events: the server tells once a second what changed, and only that is written. What is more than a
 * few rows is asked for anew. A connection that is lost is told, with the time since when.
 */
export const liveScript = `
  const page = document.body.dataset.page
  const live = byId('live')
  const time = () => new Date().getTime()
  let offset = Number(document.body.dataset.at) - time()
  const serverTime = () => time() + offset
  const clockText = at => new Date(at).toISOString().slice(11, 19)
  const numberOf = id => Number(id.split('-')[1])
  const template = document.createElement('template')
  const made = html => {
    template.innerHTML = html
    return template.content.firstElementChild
  }
  let lastId = document.body.dataset.from
  /** What this page shows already: what was told before is older than it. */
  let seen = lastId
  let state = { title: document.title, icon: byId('icon').getAttribute('href') }
  let lostAt = 0

  const showState = () => {
    const title = lostAt ? '(no connection) ' + state.title : state.title
    if (document.title !== title) document.title = title
    const icon = lostAt ? icons.pending : state.icon
    if (byId('icon').getAttribute('href') !== icon) byId('icon').setAttribute('href', icon)
  }
  const lost = () => {
    lostAt = lostAt || serverTime()
    live.className = 'live lost'
    live.textContent = 'connection lost since ' + clockText(lostAt) + ' UTC, trying again; what you see is from then'
    showState()
  }
  const found = () => {
    lostAt = 0
    live.className = 'live on'
    live.textContent = 'live, ' + clockText(serverTime()) + ' UTC'
    showState()
  }

  /** What changed of rows that lie in a closed fold is written when it is opened. */
  const later = new Map()
  const tick = ([id, message, ms, looks]) => {
    const row = byId(id)
    if (!row) return
    const fold = row.parentElement.parentElement
    if (fold.matches('details:not([open])')) {
      later.set(id, [id, message, ms, looks])
      return
    }
    for (const [name, text] of [['.msg', message], ['.ms', ms], ['.looks', looks]]) {
      const part = row.querySelector(name)
      if (part.textContent !== text) part.textContent = text
    }
  }
  document.addEventListener('toggle', event => {
    if (!event.target.open || !event.target.matches('.fold')) return
    for (const [id, told] of [...later]) {
      const row = byId(id)
      if (row && !event.target.contains(row)) continue
      later.delete(id)
      tick(told)
    }
  }, true)

  const putRow = ({ group, loud, html }) => {
    const row = made(html)
    const old = byId(row.id)
    const section = byId(group)
    if (!section) return refreshSoon(1000)
    const list = section.querySelector(loud ? '.loud' : '.quiet')
    const hadFocus = old && old.contains(document.activeElement)
    later.delete(row.id)
    if (old) {
      row.querySelector('.up').replaceWith(old.querySelector('.up'))
      old.remove()
    } else if (list) {
      // Its bars are the server's to draw.
      refreshSoon(2000)
    }
    if (!list) return
    let [low, high] = [0, list.children.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (list.children[middle].dataset.k < row.dataset.k) low = middle + 1
      else high = middle
    }
    list.insertBefore(row, list.children[low] || null)
    row.classList.add('fresh')
    setTimeout(() => row.classList.remove('fresh'), 2000)
    if (hadFocus) row.querySelector('a').focus({ preventScroll: true })
  }

  /** Puts one element in the place of another, with what was open, and with the focus where it was. */
  const swap = (old, next, isAnother) => {
    if (!old || !next) return
    const active = document.activeElement
    const held = old.contains(active) && active !== old
      ? { id: active.id, near: active.closest('[id]').id, href: active.getAttribute('href') }
      : undefined
    const wasOpen = new Map(isAnother ? [] : all('details[id]', old).map(details => [details.id, details.open]))
    for (const details of all('details[id]', next)) {
      if (wasOpen.has(details.id)) details.open = wasOpen.get(details.id) && !('lazy' in details.dataset)
    }
    old.replaceWith(next)
    if (!held) return
    const near = byId(held.near) || next
    const target = held.id ? byId(held.id) : all('a', near).find(link => link.getAttribute('href') === held.href)
    if (target) target.focus({ preventScroll: true })
  }

  let asking
  let planned = 0
  const refreshSoon = ms => {
    if (!planned) planned = setTimeout(refresh, ms)
  }
  /** Asks for the page as it is now, or for another choice of checks; the last question counts. */
  const refresh = async ({ isAnother = false } = {}) => {
    clearTimeout(planned)
    planned = 0
    if (asking) asking.abort()
    const mine = (asking = new AbortController())
    try {
      const answer = await fetch(location.href, { cache: 'no-store', signal: mine.signal })
      if (answer.status >= 500) return lost()
      const next = new DOMParser().parseFromString(await answer.text(), 'text/html')
      if (!next.body.dataset.from) return lost()
      for (const id of page === 'overview' ? ['head', 'open', 'groups'] : ['head', 'main']) swap(byId(id), next.getElementById(id), isAnother)
      if (form) {
        byId('shown').textContent = next.getElementById('shown').textContent
        const { group } = form.elements
        const chosen = group.value
        group.replaceChildren(...next.querySelector('select[name=group]').children)
        group.value = chosen
      }
      state = { title: next.title, icon: next.getElementById('icon').getAttribute('href') }
      seen = next.body.dataset.from
      later.clear()
      showState()
    } catch {
      if (!mine.signal.aborted) lost()
    } finally {
      if (asking === mine) asking = undefined
    }
  }

  const writePatch = patch => {
    if (patch.state) {
      state = { title: page === 'overview' ? patch.title : state.title, icon: page === 'check' ? state.icon : icons[patch.state] }
      showState()
    }
    if (patch.said) byId('said').textContent = patch.said
    if (patch.all) return refreshSoon(200 + (time() % 1300))
    if (page === 'check') {
      const mine = document.body.dataset.about
      if (patch.rows.some(row => row.id === mine) || patch.ticks.some(([id]) => id === mine)) refreshSoon(2000)
      return
    }
    if (page === 'incidents') {
      if (patch.open !== undefined) refreshSoon(500)
      return
    }
    if (page !== 'overview') return
    if (patch.head) swap(byId('head'), made(patch.head))
    if (patch.open !== undefined) swap(byId('open'), made(patch.open))
    if (patch.rows.length > 0 && isNarrow()) refreshSoon(500)
    else patch.rows.forEach(putRow)
    patch.ticks.forEach(tick)
    for (const { id, sum, fold, isQuiet } of patch.groups) {
      const group = byId(id)
      if (!group) continue
      group.querySelector('.sum').innerHTML = sum
      const details = group.querySelector('.fold')
      details.querySelector('summary').innerHTML = fold
      details.hidden = !isQuiet
    }
  }

  let source
  let heardAt = time()
  let again = 0
  const hear = event => {
    heardAt = time()
    if (event.lastEventId) lastId = event.lastEventId
  }
  const connect = () => {
    clearTimeout(again)
    if (source) source.close()
    heardAt = time()
    source = new EventSource('/events?from=' + encodeURIComponent(lastId))
    source.addEventListener('open', () => { heardAt = time(); found() })
    source.addEventListener('error', () => {
      lost()
      if (source.readyState === EventSource.CLOSED) again = setTimeout(connect, 3000 + (time() % 2000))
    })
    source.addEventListener('reset', event => { hear(event); found(); refresh() })
    source.addEventListener('patch', event => {
      hear(event)
      const patch = JSON.parse(event.data)
      offset = patch.at - time()
      found()
      const [era] = event.lastEventId.split('-')
      if (seen.startsWith(era + '-') && numberOf(event.lastEventId) <= numberOf(seen)) return
      writePatch(patch)
    })
  }
  const disconnect = () => {
    clearTimeout(again)
    if (source) source.close()
    source = undefined
  }

  // A browser has few connections for one server: pages that nobody looks at leave theirs, but for the overview, whose icon is looked at.
  document.addEventListener('visibilitychange', () => {
    if (page === 'overview') return
    if (document.hidden) disconnect()
    else connect()
  })
  addEventListener('pagehide', disconnect)
  addEventListener('pageshow', event => { if (event.persisted) connect() })

  setInterval(() => {
    for (const part of all('[data-since]')) {
      const text = lasting(serverTime() - Number(part.dataset.since))
      if (part.textContent !== text) part.textContent = text
    }
    // Each ten seconds the server says something: a connection that says nothing is none.
    if (source && source.readyState !== EventSource.CLOSED && time() - heardAt > 25000) { lost(); connect() }
  }, 5000)
  setInterval(() => { if (!document.hidden && !lostAt) refresh() }, 300000)
  connect()
`
