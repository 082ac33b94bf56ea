/** Asking for agreement to WeChat's messages, at the moments when people expect one: after sending or paying. */
import { call } from '@/api/client'
import { askToSubscribe } from '#platform'

const MOST = 3

/** Ask for the templates that have no agreement left. Never in the way: what fails is left for the next time. */
export async function subscribe(): Promise<void> {
  try {
    const { items } = await call('GET /subscriptions')
    const agreed = await askToSubscribe(items.filter((one) => one.quota === 0).slice(0, MOST).map((one) => one.template))
    if (agreed.length) await call('POST /subscriptions', { body: { templates: agreed } })
  } catch {
    // messages still reach the inbox
  }
}
