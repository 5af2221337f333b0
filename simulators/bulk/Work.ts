/** What the API makes of records: one as the body of a call, or several as an array of records with their keys. */
import type * as Ledger from "./Ledger.ts"

/** A status with the JSON of its body. */
export interface Answer {
  readonly status: number
  readonly text: string
}

export interface Options {
  readonly ledger: Ledger.Ledger
  /** A batch with a record that can never be processed is refused as a whole. */
  readonly atomic: boolean
  /** Whether a record is not processed at this try: of a batch, the `i`-th of it. */
  readonly fails: (i: number) => boolean
}

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value)

const fieldsOf = (value: unknown): Fields | undefined => isFields(value) ? value : undefined

const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** Undefined: it has no amount, and never will. */
const scoreOf = ({ amount }: Fields): number | undefined => {
  if (amount === null || amount === undefined || amount === "" || !Number.isFinite(Number(amount))) return undefined
  return Math.round(Number(amount) * 100) % 1000
}

const refused = (error: string): Answer => ({ status: 422, text: JSON.stringify({ error }) })
export const down: Answer = { status: 503, text: JSON.stringify({ error: "the service is down" }) }

/** What is wrong with a record and will be at every try; undefined: nothing. */
const flawOf = (key: string | undefined, record: Fields | undefined): Answer | undefined => {
  if (key === undefined) return refused("the header idempotency-key is missing")
  return record === undefined || scoreOf(record) === undefined ? refused("amount is not a number") : undefined
}

const process = (ledger: Ledger.Ledger, key: string, record: Fields): Answer => ({
  status: 200,
  text: ledger.once(key, () => JSON.stringify({ id: record["id"], accepted: true, score: scoreOf(record) }))
})

const one = (key: string | undefined, record: Fields | undefined, i: number, { fails, ledger }: Options): Answer => {
  if (fails(i)) return down
  return flawOf(key, record) ?? process(ledger, key!, record!)
}

/** An element of a batch. */
const elementOf = (element: unknown) => {
  const fields = fieldsOf(element)
  const key = fields?.["idempotency_key"]
  return { key: typeof key === "string" ? key : undefined, record: fieldsOf(fields?.["record"]) }
}

/** Answers to what is posted; `key` is the header idempotency-key. How many records it held is told too. */
export const answer = (body: string, key: string | undefined, options: Options): Answer & { readonly records: number } => {
  const given = parsed(body)
  if (!Array.isArray(given)) return { ...one(key, fieldsOf(given), 0, options), records: 1 }
  const elements = given.map(elementOf)
  if (options.atomic) {
    const flaw = elements.map(({ key, record }) => flawOf(key, record)).find((one) => one !== undefined)
    if (flaw !== undefined) return { ...flaw, records: elements.length }
  }
  const answers = elements.map(({ key, record }, i) => {
    const { status, text } = one(key, record, i, options)
    const said: unknown = JSON.parse(text)
    return status === 200 ? { idempotency_key: key, status, answer: said } : { idempotency_key: key, status, error: fieldsOf(said)?.["error"] }
  })
  return { status: 200, text: JSON.stringify(answers), records: elements.length }
}
