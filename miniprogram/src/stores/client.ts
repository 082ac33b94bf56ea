/** How this installation works: asked once a start, again when it failed. */
import { type Answer, call } from '@/api/client'

export type Client = Answer<'GET /client'>

let asked: Promise<Client> | undefined

export function client(): Promise<Client> {
  asked ??= call('GET /client').catch((error: unknown) => {
    asked = undefined
    throw error
  })
  return asked
}
