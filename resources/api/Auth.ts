/** The headers that say who asks. */
import { Redacted } from "effect"
import type { Auth } from "./Options.ts"

/** `Authorization: Bearer …` */
export const bearer = (token: Redacted.Redacted): Auth => ({
  header: "authorization",
  value: Redacted.make(`Bearer ${Redacted.value(token)}`),
  secrets: [token]
})

/** `Authorization: Basic …` */
export const basic = (user: string, password: Redacted.Redacted): Auth => {
  const pair = `${user}:${Redacted.value(password)}`
  return {
    header: "authorization",
    value: Redacted.make(`Basic ${Buffer.from(pair).toString("base64")}`),
    secrets: [password, Redacted.make(pair)]
  }
}

/** A header of the API's own, such as `x-api-key`. */
export const header = (name: string, value: Redacted.Redacted): Auth => ({ header: name.toLowerCase(), value, secrets: [value] })
