import { SaxesParser } from 'saxes'

/** A path into XML, in the part of XPath 1.0 that names places: `/status/db[@id='1']/@state`, `//item[2]/name`, `*`, `text()`. */
export interface XmlPath {
  readonly text: string
  /** Text of each place that is found, in document order. @throws Error for what is no XML */
  find(document: string): readonly string[]
}

interface Step {
  /** At any depth, as after `//`. */
  readonly deep: boolean
  readonly test: { readonly is: 'element' | 'attribute'; readonly name: string } | { readonly is: 'text' }
  readonly predicates: readonly Predicate[]
}

type Predicate = { readonly at: number } | { readonly attribute?: string; readonly child?: string; readonly equals?: string }

interface Element {
  /** Without its prefix. */
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: (Element | string)[]
}

const name = String.raw`[\p{L}_][\p{L}\p{N}_.-]*(?::[\p{L}_][\p{L}\p{N}_.-]*)?`
const stepForm = new RegExp(String.raw`^(//?)(?:(@?)(${name}|\*)|(text\(\)))((?:\[[^\]]*\])*)`, 'u')
const predicateForm = new RegExp(String.raw`^\[\s*(?:(\d+)|(@?)(${name})\s*(?:=\s*(?:'([^']*)'|"([^"]*)"))?)\s*\]`, 'u')

/** @throws Error that says what is wrong with it */
export function parseXmlPath(text: string): XmlPath {
  const steps: Step[] = []
  for (let rest = text; rest !== ''; ) {
    const [whole, slashes, at, named, textual, brackets = ''] = stepForm.exec(rest) ?? []
    if (whole === undefined)
      throw new Error(`not understood at character ${text.length - rest.length + 1}: write /a/b[@id='1']/@state`)
    const test = textual
      ? { is: 'text' as const }
      : { is: at ? ('attribute' as const) : ('element' as const), name: localName(named ?? '*') }
    steps.push({ deep: slashes === '//', test, predicates: predicatesOf(brackets) })
    rest = rest.slice(whole.length)
  }
  const early = steps.slice(0, -1).find(({ test }) => test.is !== 'element')
  if (steps.length === 0 || early) throw new Error('an attribute or text() can only be the last step')
  return { text, find: document => steps.reduce<(Element | string)[]>(stepped, [treeOf(document)]).map(textOf) }
}

function predicatesOf(text: string): Predicate[] {
  const predicates: Predicate[] = []
  for (let rest = text; rest !== ''; ) {
    const [whole, at, sign, named = '', single, double] = predicateForm.exec(rest) ?? []
    if (whole === undefined) throw new Error(`the condition ${rest} is not understood: write [2], [@id], [@id='1'] or [name='x']`)
    const equals = single ?? double
    const condition = equals === undefined ? {} : { equals }
    predicates.push(
      at !== undefined
        ? { at: Number(at) }
        : sign
          ? { attribute: localName(named), ...condition }
          : { child: localName(named), ...condition },
    )
    rest = rest.slice(whole.length)
  }
  return predicates
}

const localName = (text: string): string => text.slice(text.indexOf(':') + 1)

/** A root without a name that holds the document. @throws Error that says why it is none */
function treeOf(document: string): Element {
  const root: Element = { name: '', attributes: {}, children: [] }
  const open = [root]
  const parser = new SaxesParser({ xmlns: false })
  parser.on('error', error => {
    throw new Error(`the body is not XML: ${error.message}`)
  })
  parser.on('opentag', ({ name: tag, attributes }) => {
    const own = Object.fromEntries(Object.entries(attributes).map(([key, value]) => [localName(key), String(value)]))
    const element = { name: localName(tag), attributes: own, children: [] }
    open.at(-1)?.children.push(element)
    open.push(element)
  })
  parser.on('closetag', () => void open.pop())
  const text = (piece: string): void => void open.at(-1)?.children.push(piece)
  parser.on('text', text)
  parser.on('cdata', text)
  parser.write(document).close()
  return root
}

const isElement = (node: Element | string): node is Element => typeof node !== 'string'

function stepped(nodes: readonly (Element | string)[], { deep, test, predicates }: Step): (Element | string)[] {
  return nodes.filter(isElement).flatMap(node => {
    const parents = deep ? withinOf(node) : [node]
    return parents.flatMap(parent =>
      found(parent, test).filter((each, index) => predicates.every(predicate => fits(each, predicate, index + 1))),
    )
  })
}

function found(parent: Element, test: Step['test']): (Element | string)[] {
  if (test.is === 'text') return parent.children.filter(child => !isElement(child))
  if (test.is === 'element')
    return parent.children.filter(child => isElement(child) && (test.name === '*' || child.name === test.name))
  if (test.name === '*') return Object.values(parent.attributes)
  const value = parent.attributes[test.name]
  return value === undefined ? [] : [value]
}

/** The element and all elements within, in document order. */
function withinOf(element: Element): Element[] {
  return [element, ...element.children.filter(isElement).flatMap(withinOf)]
}

function fits(node: Element | string, predicate: Predicate, position: number): boolean {
  if ('at' in predicate) return position === predicate.at
  if (!isElement(node)) return false
  const { attribute, child, equals } = predicate
  const values =
    attribute === undefined
      ? found(node, { is: 'element', name: child ?? '' }).map(textOf)
      : found(node, { is: 'attribute', name: attribute })
  return values.some(value => equals === undefined || value === equals)
}

const textOf = (node: Element | string): string => (isElement(node) ? node.children.map(textOf).join('') : node)
