/** A list that grows at its end, and is drawn anew by pulling. */
import { onPullDownRefresh, onReachBottom } from '@dcloudio/uni-app'
import { type Ref, ref, shallowRef } from 'vue'

import { known } from '@/stores/session'
import { type LoadState, stateOf } from './load'

interface Page<T> {
  items: T[]
  next: string | null
}

export interface Listed<T> {
  items: Ref<T[]>
  state: Ref<LoadState>
  message: Ref<string>
  /** More behind the last item. */
  more: Ref<boolean>
  reload: () => Promise<void>
  /** Forget what is shown and load: another tab or filter was chosen. */
  restart: () => Promise<void>
}

export function useList<T>(read: (cursor: string | undefined) => Promise<Page<T>>): Listed<T> {
  const items = shallowRef<T[]>([])
  const state = ref<LoadState>('loading')
  const message = ref('')
  const more = ref(false)
  let next: string | null = null
  let latest = 0

  async function read_(cursor?: string): Promise<void> {
    const mine = ++latest
    try {
      await known()
      const page = await read(cursor)
      if (mine !== latest) return
      items.value = cursor ? [...items.value, ...page.items] : page.items
      next = page.next
      more.value = next !== null
      state.value = 'ready'
    } catch (error) {
      if (mine !== latest) return
      const [failed, text] = stateOf(error)
      message.value = text
      if (items.value.length) uni.showToast({ title: text, icon: 'none' })
      else state.value = failed
    }
  }

  async function reload(): Promise<void> {
    if (state.value !== 'ready') state.value = 'loading'
    await read_()
  }

  async function restart(): Promise<void> {
    items.value = []
    state.value = 'loading'
    await read_()
  }

  onReachBottom(() => {
    if (next !== null) void read_(next)
  })
  onPullDownRefresh(async () => {
    await reload()
    uni.stopPullDownRefresh()
  })
  return { items, state, message, more, reload, restart }
}
