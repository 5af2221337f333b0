/** The stored elements of one asset, by name, with a journal that undoes what a failed write did. */
import type { Element } from "../../engine/definition/Io.ts"

interface Numbered {
  readonly element: Element
  /** Rises with each element written. */
  readonly number: number
}

/** Order of two elements of one partition; 0 leaves them as they were written. */
export type Order = (a: Element, b: Element) => number

export class Elements {
  readonly #byName = new Map<string, Numbered>()
  readonly #names = new Map<string, Set<string>>()
  #written = 0
  readonly #order: Order

  constructor(order: Order) {
    this.#order = order
  }

  get(name: string): Element | undefined {
    return this.#byName.get(name)?.element
  }

  /** Sets or removes an element; returns what undoes it. */
  set(name: string, element: Element | undefined): () => void {
    const before = this.#byName.get(name)
    this.#replace(name, before, element === undefined ? undefined : { element, number: this.#written++ })
    return () => this.#replace(name, this.#byName.get(name), before)
  }

  /** Removes a partition; returns what undoes it. */
  clear(partition: string): () => void {
    const undo = [...this.#names.get(partition) ?? []].map((name) => this.set(name, undefined))
    return () => undo.forEach((step) => step())
  }

  /** A name for an element without a key. */
  unnamed(): string {
    return String(this.#written)
  }

  partition(partition: string): ReadonlyArray<Element> {
    const names = this.#names.get(partition) ?? []
    return [...names].flatMap((name) => this.#byName.get(name) ?? [])
      .sort((a, b) => this.#order(a.element, b.element) || a.number - b.number)
      .map(({ element }) => element)
  }

  partitions(): ReadonlyArray<string> {
    return [...this.#names.keys()].sort()
  }

  #replace(name: string, before: Numbered | undefined, after: Numbered | undefined): void {
    if (before !== undefined) {
      const names = this.#names.get(before.element.partition)
      names?.delete(name)
      if (names?.size === 0) this.#names.delete(before.element.partition)
    }
    if (after === undefined) {
      this.#byName.delete(name)
      return
    }
    this.#byName.set(name, after)
    const names = this.#names.get(after.element.partition)
    if (names === undefined) this.#names.set(after.element.partition, new Set([name]))
    else names.add(name)
  }
}
