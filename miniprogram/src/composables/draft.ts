/** What was typed stays, whatever happens to the network or the page, until it was sent. */
import { reactive, watch } from 'vue'

export interface Draft<T> {
  form: T
  /** The form was sent: begin anew next time. */
  clear: () => void
}

export function useDraft<T extends object>(name: string, empty: T): Draft<T> {
  const key = `draft.${name}`
  const kept: unknown = uni.getStorageSync(key)
  const form = reactive({ ...empty, ...(kept && typeof kept === 'object' ? kept : {}) }) as T
  let sent = false
  watch(form, () => {
    if (!sent) uni.setStorageSync(key, JSON.parse(JSON.stringify(form)))
  })
  return {
    form,
    clear: () => {
      sent = true
      uni.removeStorageSync(key)
    },
  }
}
