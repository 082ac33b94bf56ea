/** Sending a form: once, however often it is tapped; refusals stand at their fields. */
import { type Ref, ref } from 'vue'

import { type Answer, ApiError, call, type Operation, type Request } from '@/api/client'

export interface Submit {
  busy: Ref<boolean>
  /** What is wrong at which field, by the server's names. */
  errors: Ref<Record<string, string>>
  /** Send; the answer, or undefined when refused (then a message was shown). */
  send: <K extends Operation>(operation: K, request?: Request<K>) => Promise<Answer<K> | undefined>
}

/** The same attempt keeps its key, so that a repetition after a lost answer creates nothing twice. */
export function keyFor(): (content: string) => string {
  let content = ''
  let key = ''
  return (next) => {
    if (next !== content || !key) {
      content = next
      key = randomKey()
    }
    return key
  }
}

function randomKey(): string {
  const part = () => Math.random().toString(36).slice(2, 12).padEnd(10, '0')
  return `${Date.now().toString(36)}-${part()}${part()}`
}

export function useSubmit(): Submit {
  const busy = ref(false)
  const errors = ref<Record<string, string>>({})
  let key = keyFor()

  async function send<K extends Operation>(operation: K, request: Request<K> = {}): Promise<Answer<K> | undefined> {
    if (busy.value) return undefined
    busy.value = true
    errors.value = {}
    try {
      const content = JSON.stringify([operation, request.id, request.body])
      const answer = await call(operation, { ...request, key: key(content) })
      key = keyFor()
      return (answer ?? (true as unknown)) as Answer<K>
    } catch (error) {
      show(error)
      return undefined
    } finally {
      busy.value = false
    }
  }

  function show(error: unknown): void {
    if (!(error instanceof ApiError)) throw error
    errors.value = error.errors
    uni.showToast({ title: Object.values(error.errors)[0] ?? error.message, icon: 'none', duration: 3000 })
  }
  return { busy, errors, send }
}
