import { paths, query } from 'jsonpath-rfc9535'
import type { Json } from '../../core/json.ts'

/** A JSONPath as RFC 9535 defines it. */
export interface JsonPath {
  readonly text: string
  /** A singular query (section 2.3.5.1): at most one value can be found. */
  readonly isSingular: boolean
  find(document: Json): readonly Json[]
}

const singular = /^\$(\s*\.[\p{L}_\u0080-\uffff][\p{L}\d_\u0080-\uffff]*|\s*\[\s*('([^'\\]|\\.)*'|"([^"\\]|\\.)*"|-?\d+)\s*\])*$/u

/** @throws Error that says where it is wrong */
export function parseJsonPath(text: string): JsonPath {
  // It is parsed when it is used: this tells what is wrong with it now.
  paths(null, text)
  return {
    text,
    isSingular: singular.test(text),
    find: document => query(document as Parameters<typeof query>[0], text) as Json[],
  }
}
