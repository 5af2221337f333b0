/** How a column of records is stored: the elements of its schema, and what puts a value into its leaves, level by level. */
import type { SchemaElement } from "hyparquet"
import { refuse, shown } from "../../FormatError.ts"
import { named, type Slot } from "../../Kind.ts"
import type { Leaf, Place } from "./Leaf.ts"
import * as Scalar from "./Scalar.ts"

export interface Stored {
  readonly elements: ReadonlyArray<SchemaElement>
  /**
   * A value, or none. `repetition` says which of the lists around it goes on (0 begins a row), `definition` how much of what
   * may be absent around it is there. Throws `Refused`.
   */
  readonly put: (value: unknown, repetition: number, definition: number) => void
  /** Something around it is absent or empty. */
  readonly absent: (repetition: number, definition: number) => void
}

/** Where a column lies. */
export interface Around {
  readonly path: ReadonlyArray<string>
  /** The highest levels of what is around it. */
  readonly repetition: number
  readonly definition: number
}

export interface Options {
  readonly decimals: Scalar.Decimals
  readonly leaf: (place: Place) => Leaf
}

/** How many leaves a column has. */
export const leavesOf = ({ kind }: Slot): number =>
  kind.tag === "list" ? leavesOf(kind.item) : kind.tag === "struct" ? kind.fields.reduce((sum, field) => sum + leavesOf(field), 0) : 1

const nothing = ({ kind }: Slot): never => refuse(`expected ${named(kind)}, found nothing`)

const isNone = (value: unknown): value is null | undefined => value === null || value === undefined

export const make = (name: string, slot: Slot, around: Around, options: Options): Stored => {
  const { check, kind, nullable } = slot
  const repetition_type = nullable ? "OPTIONAL" : "REQUIRED"
  const optional = nullable ? 1 : 0
  const here: Around = { path: [...around.path, name], repetition: around.repetition, definition: around.definition + optional }
  const wrong = (value: unknown): never => refuse(`expected ${named(kind)}, found ${shown(value)}`)
  switch (kind.tag) {
    case "list": {
      const within = { path: [...here.path, "list"], repetition: here.repetition + 1, definition: here.definition + 1 }
      const item = make("element", kind.item, within, options)
      return {
        elements: [
          { name, repetition_type, num_children: 1, converted_type: "LIST", logical_type: { type: "LIST" } },
          { name: "list", repetition_type: "REPEATED", num_children: 1 },
          ...item.elements
        ],
        absent: item.absent,
        put: (value, repetition, definition) => {
          if (isNone(value)) return nullable ? item.absent(repetition, definition) : nothing(slot)
          check?.(value)
          const list: ReadonlyArray<unknown> = Array.isArray(value) ? value : wrong(value)
          if (list.length === 0) return item.absent(repetition, definition + optional)
          for (let i = 0; i < list.length; i++) item.put(list[i], i === 0 ? repetition : within.repetition, definition + optional + 1)
        }
      }
    }
    case "struct": {
      const members = kind.fields.map((field) => ({ key: field.key, stored: make(field.key, field, here, options) }))
      const absent: Stored["absent"] = (repetition, definition) => {
        for (const { stored } of members) stored.absent(repetition, definition)
      }
      return {
        elements: [{ name, repetition_type, num_children: members.length }, ...members.flatMap(({ stored }) => stored.elements)],
        absent,
        put: (value, repetition, definition) => {
          if (isNone(value)) return nullable ? absent(repetition, definition) : nothing(slot)
          check?.(value)
          const object: object = typeof value === "object" ? value : wrong(value)
          for (const { key, stored } of members) stored.put(Reflect.get(object, key), repetition, definition + optional)
        }
      }
    }
    default: {
      const scalar = Scalar.make(kind, options.decimals)
      const element = { name, repetition_type, ...scalar.element } as const
      const leaf = options.leaf({ element, ...here })
      return {
        elements: [element],
        absent: (repetition, definition) => leaf.level(repetition, definition),
        put: (value, repetition, definition) => {
          if (isNone(value)) return nullable ? leaf.level(repetition, definition) : nothing(slot)
          check?.(value)
          leaf.level(repetition, definition + optional)
          scalar.put(leaf.values, value)
        }
      }
    }
  }
}
