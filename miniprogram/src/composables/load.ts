/** What a page shows while it has nothing to show yet: loading, the error with a retry, or its data. */
import { type Ref, ref, shallowRef } from 'vue'

import { ApiError } from '@/api/client'
import { known } from '@/stores/session'

export type LoadState = 'loading' | 'ready' | 'error' | 'offline' | 'signin' | 'absent'

export interface Loaded<T> {
  state: Ref<LoadState>
  data: Ref<T | undefined>
  message: Ref<string>
  /** Load again; what is on the screen stays until the answer is there. */
  reload: () => Promise<void>
}

export function stateOf(error: unknown): [LoadState, string] {
  if (!(error instanceof ApiError)) return ['error', '页面出错了，请重试']
  if (error.offline) return ['offline', error.message]
  if (error.status === 401) return ['signin', error.message]
  if (error.status === 404) return ['absent', error.message]
  return ['error', error.message]
}

export function useLoad<T>(read: () => Promise<T>): Loaded<T> {
  const state = ref<LoadState>('loading')
  const data = shallowRef<T>()
  const message = ref('')
  let latest = 0

  async function reload(): Promise<void> {
    const mine = ++latest
    if (state.value !== 'ready') state.value = 'loading'
    try {
      await known()
      const answer = await read()
      if (mine !== latest) return
      data.value = answer
      state.value = 'ready'
    } catch (error) {
      if (mine !== latest) return
      const [next, text] = stateOf(error)
      message.value = text
      if (data.value !== undefined && next === 'offline') uni.showToast({ title: text, icon: 'none' })
      else state.value = next
    }
  }
  return { state, data, message, reload }
}
