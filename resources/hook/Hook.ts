/** Hooks and how they tell: those of the engine, and the log, a command, HTTP, Slack and e-mail. */
export * from "../../engine/hook/Hook.ts"
export { command, type CommandOptions } from "./Command.ts"
export { email, type EmailOptions } from "./Email.ts"
export { log } from "./Log.ts"
export { slack } from "./Slack.ts"
export { webhook, type WebhookOptions } from "./Webhook.ts"
