/** Whether a 200 body is an answer or one of the vendor's errors, which come with status 200. */
import { Result } from "effect"
import * as Api from "../api/Api.ts"
import * as Field from "./Field.ts"

/** Said with errors that are settled by no further try. */
const allowList = "TheSports lets only listed IP addresses in: ask its business staff to list this machine's public address, " +
  "and check THESPORTS_USER and THESPORTS_SECRET"

const isAuthorization = (text: string) => /not authori[sz]ed|unauthori[sz]ed|contact our business staff/i.test(text)

const ofText = (text: string, code: string | number | undefined): Api.ApiProblem => {
  if (isAuthorization(text)) {
    return Api.refused({ ...(code === undefined ? {} : { code }), message: `${text.replace(/\.$/, "")} (not authorized; ${allowList})` })
  }
  // The vendor has no list of its texts: what it says of load passes, what it says of the request does not.
  const passes = /busy|time-?out|try again|later|internal|unavailable/i.test(text)
  return Api.refused({ ...(code === undefined ? {} : { code }), message: text, transient: passes })
}

/** The body is an object, has no `err`, its `code` is 0, and it has `results`. */
export const decode: Api.Decode = (body) => {
  const object = Field.record(body)
  if (object === null) return Result.fail(Api.unexpected([], "is no object"))
  const said = Field.text(object["err"]) ?? Field.text(object["msg"]) ?? Field.text(object["message"]) ?? ""
  const code = Field.whole(object["code"])
  if (code === 429) return Result.fail(Api.limited({ message: `code 429, the vendor's rate limit. ${said}`.trim() }))
  if (object["err"] !== undefined && object["err"] !== null && object["err"] !== "") {
    return Result.fail(ofText(said === "" ? JSON.stringify(object["err"]) : said, code ?? undefined))
  }
  if (code !== null && code !== 0) {
    return Result.fail(
      code >= 500
        ? Api.refused({ code, message: said, transient: true })
        : ofText(said === "" ? "without a reason" : said, code)
    )
  }
  return object["results"] === undefined || object["results"] === null
    ? Result.fail(Api.unexpected(["results"], "is missing"))
    : Result.succeed(body)
}
