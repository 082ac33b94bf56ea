/* Written from the server's OpenAPI document by `make api-client`; not to be changed by hand. */
/* eslint-disable */

/** 微信授权页的地址 */
export interface AddressOut {
  address: string
}

/** 广告位；layout：carousel 通栏轮播、card 卡片轮播、grid 一行两个、list 上下排列；ratio：图片宽高比，如 2:1 */
export interface AdsOut {
  layout: 'card' | 'carousel' | 'grid' | 'list'
  ratio: string
  interval_ms: number
  slides: SlideOut[]
}

/** 租赁申请 */
export interface ApplicationIn {
  name: string
  phone: string
  message?: string
}

/** 租赁申请及其结果 */
export interface ApplicationOut {
  id: string
  listing_id: string
  listing_title: string
  name: string
  phone: string
  message: string
  state: string
  state_text: string
  reason: string
  created_at: string
  decided_at: string | null
}

/** 同意上门时间；starts_at 为所看到的提议，已变更时拒绝 */
export interface AppointmentAgreedIn {
  starts_at?: string | null
}

/** 提议上门时间；不填结束时间则为一小时 */
export interface AppointmentIn {
  starts_at: string
  ends_at?: string | null
}

/** 维修师傅 */
export interface AssignedTechnicianOut {
  id: string
  name: string
  phone: string | null
}

/** 申请批量来访卡；names 为名单，依次写在卡上 */
export interface BatchIn {
  count: number
  purpose: string
  unit_id: string
  valid_from: string
  valid_until: string
  names?: string[]
}

/** 一批来访卡 */
export interface BatchOut {
  id: string
  count: number
  purpose: string
  unit: string
  valid_from: string
  valid_until: string
  state: string
  state_text: string
  reason: string
  mine: boolean
  may_decide: boolean
  created_at: string
}

/** 账单详情 */
export interface BillDetailOut {
  bill: BillOut
  lines: LineOut[]
  payments: PaidOut[]
  note: string
}

/** 账单；金额单位为分 */
export interface BillOut {
  id: string
  number: string
  fee: string
  fee_name: string
  title: string
  unit_id: string | null
  unit: string
  period: string
  starts_on: string
  ends_on: string
  due_on: string
  overdue: boolean
  amount_fen: number
  paid_fen: number
  waived_fen: number
  late_fee_fen: number
  late_paid_fen: number
  outstanding_fen: number
  state: string
  state_text: string
}

/** 筛选账单：state 为 unpaid（未结清）、paid（已结清）或 all；fee 为费用项代码 */
export interface BillsQuery {
  limit?: number
  cursor?: string
  state?: 'all' | 'paid' | 'unpaid'
  unit_id?: string
  fee?: string
}

/** 认证申请 */
export interface CertificationIn {
  kind: 'merchant' | 'tenant'
  name: string
  phone: string
  unit_ids: string[]
  media_ids: string[]
  id_number?: string | null
  credit_code?: string | null
}

/** 认证申请及其结果 */
export interface CertificationOut {
  id: string
  kind: string
  name: string
  phone: string
  id_number: string | null
  credit_code: string | null
  state: string
  state_text: string
  reason: string
  units: CertificationUnitOut[]
  media_ids: string[]
  created_at: string
  decided_at: string | null
}

/** 申请的房号 */
export interface CertificationUnitOut {
  id: string
  number: string
}

/** 认领申请 */
export interface ClaimIn {
  name: string
  phone: string
  proof: string
  media_ids?: string[]
}

/** 我的认领申请 */
export interface ClaimOut {
  id: string
  state: string
  state_text: string
  reason: string
  created_at: string
}

/** 登录方式，以及需要用户同意的说明的当前版本 */
export interface ClientOut {
  demo: DemoPersonOut[]
  official_account: boolean
  privacy_version: string
  material_consent_version: string
}

/** 微信返回的一次性 code */
export interface CodeIn {
  code: string
}

/** 可转派的同事 */
export interface ColleagueOut {
  id: string
  name: string
  on_duty: boolean
  fits: boolean
  open_jobs: number
}

/** 园区 */
export interface CommunityOut {
  id: string
  name: string
  address: string
  service_phone: string
}

/** 同意某一版本的说明 */
export interface ConsentIn {
  kind: 'certification_material' | 'privacy'
  version: string
}

/** 已同意的说明 */
export interface ConsentOut {
  kind: string
  version: string
}

/** 招商联系方式 */
export interface ContactOut {
  contact_name: string
  contact_phone: string
}

/** 一条便民信息 */
export interface ConvenienceItemOut {
  id: string
  category_id: string
  category: string
  icon: string
  title: string
  summary: string
  phones: HotlineOut[]
  place: string
  hours: string
}

/** 便民信息全文；body 为已净化的 HTML */
export interface ConvenienceOut {
  id: string
  category_id: string
  category: string
  icon: string
  title: string
  summary: string
  phones: HotlineOut[]
  place: string
  hours: string
  body: string
}

/** 按分类或文字查找 */
export interface ConvenienceQuery {
  category_id?: string
  q?: string
}

/** 所代表的商家或租客 */
export interface CustomerOut {
  id: string
  kind: string
  name: string
}

/** 不同意的原因 */
export interface DecisionIn {
  reason?: string
}

/** 演示人物：浏览器里选一位登录 */
export interface DemoPersonOut {
  code: string
  name: string
  role: string
}

/** 上岗或下岗 */
export interface DutyIn {
  on_duty: boolean
}

/** 在岗状态与在手工单 */
export interface DutyOut {
  on_duty: boolean
  open_jobs: number
  open_jobs_most: number
}

/** 一批到账 */
export interface EntriesIn {
  entries: EntryIn[]
}

/** 一笔到账；external_no 为财务系统的流水号，重复提交不会重复入账 */
export interface EntryIn {
  external_no: string
  bill_no: string
  amount_fen: number
  paid_at: string
  payer?: string
  note?: string
}

/** 个人信息副本（个人信息保护法第四十五条） */
export interface ExportOut {
  member: Record<string, unknown>
  customers: Record<string, unknown>[]
  units: Record<string, unknown>[]
  technicians: Record<string, unknown>[]
  certifications: Record<string, unknown>[]
  media: string[]
  consents: Record<string, unknown>[]
  messages: Record<string, unknown>[]
  records: Record<string, Record<string, unknown>[]>
  exported_at: string
}

/** 一项费用的欠费 */
export interface FeeSumOut {
  fee: string
  fee_name: string
  bills: number
  outstanding_fen: number
  overdue_fen: number
}

/** 我的投诉建议及其答复（匿名的不再返回图片） */
export interface FeedbackDetailOut {
  id: string
  kind: 'complaint' | 'suggestion'
  kind_text: string
  type_name: string
  content: string
  anonymous: boolean
  state: string
  state_text: string
  deadline_at: string
  rating: number | null
  created_at: string
  rating_note: string
  photos: PhotoOut[]
  replies: ReplyOut[]
  answered_at: string | null
  closed_at: string | null
  moves: ('rate' | 'reopen' | 'reply')[]
}

/** 投诉或建议；anonymous 为真时物业看不到提交人，也不会发送消息通知 */
export interface FeedbackIn {
  kind: 'complaint' | 'suggestion'
  type_id: string
  content: string
  media_ids?: string[]
  anonymous?: boolean
  community_id?: string | null
}

/** 我的投诉建议 */
export interface FeedbackOut {
  id: string
  kind: 'complaint' | 'suggestion'
  kind_text: string
  type_name: string
  content: string
  anonymous: boolean
  state: string
  state_text: string
  deadline_at: string
  rating: number | null
  created_at: string
}

/** 一个有误的字段 */
export interface FieldProblem {
  field: string
  message: string
}

/** 完工 */
export interface FinishIn {
  solution: string
  materials?: MaterialIn[]
  media_ids?: string[]
}

/** 验签公钥：Ed25519，base64 */
export interface GateKeyOut {
  id: number
  public_key: string
}

/** 公告栏的一条 */
export interface HomeNoticeOut {
  id: string
  title: string
  category: string
  category_text: string
  pinned: boolean
  published_at: string
}

/** 首页：功能菜单、公告、广告；more_ads 为其余广告位，依次排在其后 */
export interface HomeOut {
  menu: MenuItemOut[]
  notices: HomeNoticeOut[]
  ads: AdsOut | null
  more_ads: AdsOut[]
}

/** 一个可以拨打的号码：显示的文字和拨号用的号码 */
export interface HotlineOut {
  text: string
  dial: string
}

/** 刚刚展示了哪些广告（每条每次进入首页记一次） */
export interface ImpressionsIn {
  ad_ids: string[]
}

/** 开票信息；企业填写税号，个人留空 */
export interface InvoiceIn {
  title: string
  tax_number?: string
  email?: string
}

/** 开票申请及其结果 */
export interface InvoiceOut {
  id: string
  title: string
  tax_number: string | null
  amount_fen: number
  state: string
  state_text: string
  invoice_no: string
  reason: string
}

/** 一笔缴费的开票申请 */
export interface InvoiceStateOut {
  request: InvoiceOut | null
}

/** 一条失物招领的全部内容。联系方式：发布人选择公开的为其电话（登录后可见），否则为物业服务电话 */
export interface ItemDetailOut {
  id: string
  kind: 'found' | 'lost'
  kind_text: string
  category: 'bag' | 'card' | 'clothes' | 'jewellery' | 'key' | 'other' | 'parcel' | 'pet' | 'phone'
  category_text: string
  title: string
  place: string
  happened_on: string
  state: string
  state_text: string
  mine: boolean
  photos: PhotoOut[]
  created_at: string
  description: string
  contact_name: string
  contact_phone: string | null
  reason: string
  my_claim: ClaimOut | null
  matches: MatchOut[]
}

/** 发布寻物或招领 */
export interface ItemIn {
  kind: 'found' | 'lost'
  title: string
  happened_on: string
  category?: 'bag' | 'card' | 'clothes' | 'jewellery' | 'key' | 'other' | 'parcel' | 'pet' | 'phone'
  description?: string
  place?: string
  contact_way?: 'direct' | 'property'
  contact_name?: string
  contact_phone?: string | null
  community_id?: string | null
  media_ids?: string[]
}

/** 一条失物招领 */
export interface ItemOut {
  id: string
  kind: 'found' | 'lost'
  kind_text: string
  category: 'bag' | 'card' | 'clothes' | 'jewellery' | 'key' | 'other' | 'parcel' | 'pet' | 'phone'
  category_text: string
  title: string
  place: string
  happened_on: string
  state: string
  state_text: string
  mine: boolean
  photos: PhotoOut[]
  created_at: string
}

/** 寻物还是招领；box=mine 为我发布的（含未公开的） */
export interface ItemQuery {
  limit?: number
  cursor?: string
  kind?: '' | 'found' | 'lost'
  category?: '' | 'bag' | 'card' | 'clothes' | 'jewellery' | 'key' | 'other' | 'parcel' | 'pet' | 'phone'
  box?: 'all' | 'mine'
}

/** 账单明细及其计算依据 */
export interface LineOut {
  title: string
  amount_fen: number
  explanation: string
}

export type ListListColleagueOut = ColleagueOut[]

export type ListListNoticeCategoryOut = NoticeCategoryOut[]

export type ListListRepairCategoryOut = RepairCategoryOut[]

export type ListListUnitOut = UnitOut[]

/** 一条场地信息的全部内容 */
export interface ListingDetailOut {
  id: string
  kind: string
  kind_text: string
  title: string
  price_fen: number
  price_unit: string
  price_text: string
  area_m2: string | null
  location: string
  community: string
  state: string
  photos: PhotoOut[]
  published_at: string | null
  content: string
  period: string
  available_on: string | null
  contact_name: string
  contact_phone: string
  share_url: string
  poster_url: string
}

/** 一条场地信息 */
export interface ListingOut {
  id: string
  kind: string
  kind_text: string
  title: string
  price_fen: number
  price_unit: string
  price_text: string
  area_m2: string | null
  location: string
  community: string
  state: string
  photos: PhotoOut[]
  published_at: string | null
}

/** 按类型筛选 */
export interface ListingQuery {
  limit?: number
  cursor?: string
  kind?: '' | 'ad_space' | 'office' | 'parking' | 'room' | 'shop'
  community_id?: string
}

/** 可能对应的另一条信息 */
export interface MatchOut {
  id: string
  title: string
  place: string
  happened_on: string
  score: number
}

/** 用料 */
export interface MaterialIn {
  name: string
  quantity: string
}

/** 上传结果 */
export interface MediaOut {
  id: string
  url: string
  width: number
  height: number
}

/** 要哪一种大小 */
export interface MediaQuery {
  size?: '' | 'thumb'
}

/** 小程序用户 */
export interface MemberOut {
  id: string
  role: 'merchant' | 'technician' | 'tenant' | 'visitor'
  nickname: string
  contact_name: string
  phone: string | null
  big_type: boolean
  certification: 'approved' | 'none' | 'pending' | 'rejected'
  customers: CustomerOut[]
}

/** 功能菜单的一项；badge 为角标文字，可为空 */
export interface MenuItemOut {
  key: string
  name: string
  icon: string
  page: string
  badge: string
}

/** 一条消息 */
export interface MessageOut {
  id: string
  kind: string
  title: string
  body: string
  link: string
  read: boolean
  created_at: string
}

/** 未修好 */
export interface NotDoneIn {
  reason: string
  media_ids?: string[]
}

/** 公告分类 */
export interface NoticeCategoryOut {
  id: string
  name: string
}

/** 列表中的一条公告；read 为本人是否读过 */
export interface NoticeItemOut {
  id: string
  title: string
  summary: string
  category: string
  category_text: string
  pinned: boolean
  read: boolean
  published_at: string
}

/** 公告全文；body 为已净化的 HTML */
export interface NoticeOut {
  id: string
  title: string
  summary: string
  category: string
  category_text: string
  pinned: boolean
  read: boolean
  published_at: string
  body: string
}

/** 翻页，可只看一个分类（分类编号） */
export interface NoticeQuery {
  limit?: number
  cursor?: string
  category?: string
}

/** 离线期间的扫码，按发生顺序 */
export interface OfflineIn {
  passages: OfflineScanIn[]
}

/** 按提交的顺序 */
export interface OfflineOut {
  results: OfflineResultOut[]
}

/** conflict 为冲突原因，null 为无冲突 */
export interface OfflineResultOut {
  serial: string
  conflict: string | null
}

/** 离线时的一次扫码；outcome 为闸机当时的结果（allowed 等） */
export interface OfflineScanIn {
  serial: string
  code: string
  scanned_at: string
  outcome: string
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PageApplicationOut {
  items: ApplicationOut[]
  next: string | null
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PageBatchOut {
  items: BatchOut[]
  next: string | null
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PageBillOut {
  items: BillOut[]
  next: string | null
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PageCertificationOut {
  items: CertificationOut[]
  next: string | null
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PageCommunityOut {
  items: CommunityOut[]
  next: string | null
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PageConvenienceItemOut {
  items: ConvenienceItemOut[]
  next: string | null
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PageFeedbackOut {
  items: FeedbackOut[]
  next: string | null
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PageItemOut {
  items: ItemOut[]
  next: string | null
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PageListingOut {
  items: ListingOut[]
  next: string | null
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PageMessageOut {
  items: MessageOut[]
  next: string | null
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PageNoticeItemOut {
  items: NoticeItemOut[]
  next: string | null
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PagePaymentRowOut {
  items: PaymentRowOut[]
  next: string | null
}

/** How many, and from where. */
export interface PageQuery {
  limit?: number
  cursor?: string
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PageReceivableOut {
  items: ReceivableOut[]
  next: string | null
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PageSubscriptionOut {
  items: SubscriptionOut[]
  next: string | null
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PageTypeOut {
  items: TypeOut[]
  next: string | null
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PageUnitChoiceOut {
  items: UnitChoiceOut[]
  next: string | null
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PageVisitOut {
  items: VisitOut[]
  next: string | null
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PageWorkOrderOut {
  items: WorkOrderOut[]
  next: string | null
}

/** 缴费单中的一张账单 */
export interface PaidBillOut {
  bill_id: string
  number: string
  title: string
  period: string
  amount_fen: number
}

/** 用于本账单的一笔缴费 */
export interface PaidOut {
  payment_id: string
  number: string
  channel_text: string
  paid_at: string | null
  amount_fen: number
}

/** 通行码：token 为二维码内容；numeric_code 为 10 位数字码，numeric_until 之前有效 */
export interface PassOut {
  token: string
  numeric_code: string
  numeric_until: string
  qr_url: string
  share_url: string
  valid_from: string
  valid_until: string
  state: string
  state_text: string
}

/** 暂停计时 */
export interface PauseIn {
  cause: 'waiting_customer' | 'waiting_parts'
  reason: string
}

/** 待支付的缴费单；pay_params 交给微信支付（wx.requestPayment），已支付时为空 */
export interface PayOut {
  id: string
  number: string
  state: string
  state_text: string
  amount_fen: number
  expires_at: string | null
  pay_params: Record<string, string> | null
}

/** 要缴的账单 */
export interface PaymentIn {
  bill_ids: string[]
}

/** 缴费单详情 */
export interface PaymentOut {
  payment: PaymentRowOut
  expires_at: string | null
  receipt_number: string | null
  bills: PaidBillOut[]
}

/** 缴费记录 */
export interface PaymentRowOut {
  id: string
  number: string
  channel: string
  channel_text: string
  amount_fen: number
  refunded_fen: number
  state: string
  state_text: string
  created_at: string
  paid_at: string | null
}

/** 图片地址：原图和缩略图 */
export interface PhotoOut {
  id: string
  url: string
  thumb_url: string
}

/** RFC 9457 的错误应答 */
export interface Problem {
  status: number
  code: string
  detail: string
  request_id?: string
  errors?: FieldProblem[]
}

/** 可自行修改的资料 */
export interface ProfileIn {
  nickname?: string
  contact_name?: string
  big_type?: boolean
}

/** 同意报价；amount_fen 为所看到的金额，已变更时拒绝 */
export interface QuoteAnswerIn {
  amount_fen: number
}

/** 报价，单位分；0 为撤回报价 */
export interface QuoteIn {
  amount_fen: number
  note?: string
}

/** 不同意报价 */
export interface QuoteRefusalIn {
  reason?: string
}

/** 满意度，1 至 5 */
export interface RatingIn {
  rating: number
  comment?: string
}

/** 一张账单的应收与已收 */
export interface ReceivableOut {
  bill_no: string
  customer: string
  unit: string
  fee: string
  period: string
  due_on: string
  amount_fen: number
  paid_fen: number
  waived_fen: number
  late_fee_fen: number
  outstanding_fen: number
  state: string
  updated_at: string
}

/** 报修类别；children 为下级类别，有下级的不能直接选用。时限单位为分钟（工作时间） */
export interface RepairCategoryOut {
  id: string
  name: string
  trade: string
  trade_text: string
  priority: string
  respond_minutes: number
  finish_minutes: number
  children: RepairCategoryOut[]
}

/** 设备点位：扫码后预填的位置与类别 */
export interface RepairPointOut {
  code: string
  name: string
  area: string
  community_id: string
  community: string
  unit_id: string | null
  place: string
  category_id: string
  category: string
}

/** 评价：速度、态度、质量，1 至 5 分 */
export interface RepairRatingIn {
  speed: number
  attitude: number
  quality: number
  comment?: string
}

/** 评价，1 至 5 分 */
export interface RepairRatingOut {
  speed: number
  attitude: number
  quality: number
  comment: string
}

/** 一条沟通记录 */
export interface ReplyOut {
  by: 'me' | 'staff'
  content: string
  created_at: string
}

/** 一笔到账的处理结果 */
export interface ResultOut {
  external_no: string
  result: 'booked' | 'duplicate' | 'rejected'
  reason: string
}

/** 按提交的顺序 */
export interface ResultsOut {
  results: ResultOut[]
}

/** 闸机读到的内容；serial 为设备的流水号，重复上送得到相同结果 */
export interface ScanIn {
  code: string
  scanned_at?: string | null
  serial?: string
}

/** 是否放行，原因代码，显示屏文字 */
export interface ScanOut {
  allow: boolean
  reason: string
  text: string
}

/** 登录结果 */
export interface SignInOut {
  token: string
  expires_at: string
  member: MemberOut
}

/** since 之后有变化的账单；留空则从头开始 */
export interface SinceQuery {
  limit?: number
  cursor?: string
  since?: string | null
}

/** 广告的一页；link 为小程序页面、网址，或空 */
export interface SlideOut {
  id: string
  title: string
  image_url: string
  link: string
}

/** 浏览器自己生成的随机数，微信原样带回，由浏览器核对 */
export interface StateQuery {
  state: string
}

/** 用户在微信里同意了哪些模板（每次同意可发送一条） */
export interface SubscriptionIn {
  templates: string[]
}

/** 一种消息的订阅模板，和剩余可发送次数 */
export interface SubscriptionOut {
  kind: string
  template: string
  quota: number
}

/** 欠费与本年已缴汇总 */
export interface SummaryOut {
  bills: number
  outstanding_fen: number
  overdue_fen: number
  paid_this_year_fen: number
  prepaid_fen: number
  units: UnitSumOut[]
  fees: FeeSumOut[]
}

/** 离线核验所需：公钥、本组闸机号、已失效的通行码编号 */
export interface SyncOut {
  now: string
  gate: string
  direction: string
  group: number
  keys: GateKeyOut[]
  dead: string[]
}

/** 进度 */
export interface TimelineStepOut {
  at: string
  step: string
  title: string
  actor: string
  who: string
  note: string
  pictures: WorkPictureOut[]
}

/** 转派给同事 */
export interface TransferIn {
  technician_id: string
  reason: string
}

/** 可选择的类型 */
export interface TypeOut {
  id: string
  name: string
  kind: 'both' | 'complaint' | 'suggestion'
  hours: number
}

/** 可选择的房号 */
export interface UnitChoiceOut {
  id: string
  building: string
  number: string
  kind: string
  kind_text: string
}

/** 我的房号 */
export interface UnitOut {
  id: string
  community: string
  building: string
  number: string
  kind: string
  area_m2: string
  customer: CustomerOut
  starts_on: string
  ends_on: string | null
}

/** 按楼栋名或房号查找 */
export interface UnitQuery {
  q?: string
}

/** 一处房号的欠费 */
export interface UnitSumOut {
  unit_id: string | null
  unit: string
  bills: number
  outstanding_fen: number
  overdue_fen: number
}

/** 登记来访：invitation 为住户邀请，application 为访客申请，technician 为师傅登记自己的进出 */
export interface VisitIn {
  kind: 'application' | 'invitation' | 'technician'
  valid_from: string
  valid_until: string
  visitor_name?: string
  visitor_phone?: string
  unit_id?: string | null
  purpose?: string
  plate?: string
}

/** 一次来访 */
export interface VisitOut {
  id: string
  kind: string
  kind_text: string
  visitor_name: string
  visitor_phone: string | null
  community: string
  unit: string
  purpose: string
  plate: string
  valid_from: string
  valid_until: string
  state: string
  state_text: string
  reason: string
  may_decide: boolean
  arrived_at: string | null
  left_at: string | null
  created_at: string
}

/** mine 为我登记的；to_approve 为待我审批的 */
export interface VisitsQuery {
  limit?: number
  cursor?: string
  box?: 'mine' | 'to_approve'
}

/** 补充说明，或重新处理的原因 */
export interface WordsIn {
  content: string
}

/** 留言 */
export interface WorkOrderCommentIn {
  text: string
  media_ids?: string[]
}

/** 工单及进度；moves 为当前可执行的操作 */
export interface WorkOrderDetailOut {
  id: string
  number: string
  area: string
  area_text: string
  category_id: string
  category: string
  unit_id: string | null
  place: string
  description: string
  priority: string
  priority_text: string
  state: string
  state_text: string
  created_at: string
  preferred_time: string | null
  appointment_at: string | null
  appointment_until: string | null
  respond_due_at: string
  finish_due_at: string
  overdue: boolean
  clock: string
  clock_text: string
  remaining_text: string
  technician: AssignedTechnicianOut | null
  fee_state: string
  fee_state_text: string
  quote_fen: number
  pictures: WorkPictureOut[]
  contact_name: string
  contact_phone: string | null
  proposed_by: string
  proposed_from: string | null
  proposed_until: string | null
  started_at: string | null
  finished_at: string | null
  closed_at: string | null
  solution: string
  materials: MaterialIn[]
  quote_note: string
  bill_id: string | null
  rating: RepairRatingOut | null
  timeline: TimelineStepOut[]
  moves: string[]
}

/** 报修；租赁区域须选 unit_id，公共区域选 unit_id 或填写 place */
export interface WorkOrderIn {
  area: 'leased' | 'public'
  category_id: string
  description: string
  unit_id?: string | null
  place?: string
  community_id?: string | null
  media_ids?: string[]
  preferred_time?: string | null
  point_code?: string
}

/** 工单 */
export interface WorkOrderOut {
  id: string
  number: string
  area: string
  area_text: string
  category_id: string
  category: string
  unit_id: string | null
  place: string
  description: string
  priority: string
  priority_text: string
  state: string
  state_text: string
  created_at: string
  preferred_time: string | null
  appointment_at: string | null
  appointment_until: string | null
  respond_due_at: string
  finish_due_at: string
  overdue: boolean
  clock: string
  clock_text: string
  remaining_text: string
  technician: AssignedTechnicianOut | null
  fee_state: string
  fee_state_text: string
  quote_fen: number
  pictures: WorkPictureOut[]
}

/** 原因 */
export interface WorkOrderReasonIn {
  reason: string
}

/** box：reported 我报修的（住户），pool 抢单池、assigned 派给我的（维修师傅）；state：open 进行中，done 已结束 */
export interface WorkOrdersQuery {
  limit?: number
  cursor?: string
  box?: '' | 'assigned' | 'pool' | 'reported'
  state?: 'all' | 'done' | 'open'
}

/** 图片；url 后接 `?size=thumb` 为缩略图 */
export interface WorkPictureOut {
  id: string
  url: string
}

/** 要哪一种大小 */
export interface WorkPictureQuery {
  size?: '' | 'thumb'
}

export interface Operations {
  /** 记录广告展示；不再展示的广告不计 */
  'POST /ads/impressions': { query: {  }; body: ImpressionsIn; answer: undefined }
  /** 记录一次广告点击 */
  'POST /ads/{}/click': { query: {  }; body: undefined; answer: undefined }
  /** 退出登录 */
  'POST /auth/logout': { query: {  }; body: undefined; answer: undefined }
  /** 绑定微信手机号（自动关联已登记的维修师傅和客户） */
  'POST /auth/phone': { query: {  }; body: CodeIn; answer: MemberOut }
  /** 微信登录 */
  'POST /auth/wechat': { query: {  }; body: CodeIn; answer: SignInOut }
  /** 公众号授权页地址；授权后回到 /m/?code=…&state=… */
  'GET /auth/wechat-official': { query: { state: string }; body: undefined; answer: AddressOut }
  /** 公众号登录 */
  'POST /auth/wechat-official': { query: {  }; body: CodeIn; answer: SignInOut }
  /** 我的账单，最近到期的在前 */
  'GET /bills': { query: { limit?: number; cursor?: string; state?: 'all' | 'paid' | 'unpaid'; unit_id?: string; fee?: string }; body: undefined; answer: PageBillOut }
  /** 欠费汇总，按房号和费用 */
  'GET /bills/summary': { query: {  }; body: undefined; answer: SummaryOut }
  /** 账单详情：每一项金额的计算依据，以及已缴的款项 */
  'GET /bills/{}': { query: {  }; body: undefined; answer: BillDetailOut }
  /** 微信支付回调：支付结果与退款结果 */
  'POST /callbacks/wechatpay': { query: {  }; body: undefined; answer: undefined }
  /** 我的认证申请 */
  'GET /certifications': { query: { limit?: number; cursor?: string }; body: undefined; answer: PageCertificationOut }
  /** 提交认证申请（需先同意认证材料使用说明） */
  'POST /certifications': { query: {  }; body: CertificationIn; answer: CertificationOut }
  /** 一份认证申请 */
  'GET /certifications/{}': { query: {  }; body: undefined; answer: CertificationOut }
  /** 撤回待审核的认证申请 */
  'POST /certifications/{}/withdraw': { query: {  }; body: undefined; answer: CertificationOut }
  /** 客户端配置 */
  'GET /client': { query: {  }; body: undefined; answer: ClientOut }
  /** 启用中的园区 */
  'GET /communities': { query: {  }; body: undefined; answer: PageCommunityOut }
  /** 查找房号：最多返回 50 个，请输入楼栋名或房号缩小范围 */
  'GET /communities/{}/units': { query: { q?: string }; body: undefined; answer: PageUnitChoiceOut }
  /** 便民信息，按分类和排序，最多 200 条 */
  'GET /convenience': { query: { category_id?: string; q?: string }; body: undefined; answer: PageConvenienceItemOut }
  /** 一条便民信息 */
  'GET /convenience/{}': { query: {  }; body: undefined; answer: ConvenienceOut }
  /** 我的投诉建议，新的在前 */
  'GET /feedback': { query: { limit?: number; cursor?: string }; body: undefined; answer: PageFeedbackOut }
  /** 提交投诉或建议 */
  'POST /feedback': { query: {  }; body: FeedbackIn; answer: FeedbackDetailOut }
  /** 投诉建议的类型 */
  'GET /feedback-types': { query: {  }; body: undefined; answer: PageTypeOut }
  /** 一条投诉建议及其答复 */
  'GET /feedback/{}': { query: {  }; body: undefined; answer: FeedbackDetailOut }
  /** 评价答复，每次答复一次；尚未办结的随之办结 */
  'POST /feedback/{}/rate': { query: {  }; body: RatingIn; answer: FeedbackDetailOut }
  /** 未解决，申请重新处理 */
  'POST /feedback/{}/reopen': { query: {  }; body: WordsIn; answer: FeedbackDetailOut }
  /** 补充说明 */
  'POST /feedback/{}/replies': { query: {  }; body: WordsIn; answer: FeedbackDetailOut }
  /** 上传离线期间的扫码；重复上传不会重复记录，冲突逐条返回 */
  'POST /gates/{}/passages': { query: {  }; body: OfflineIn; answer: OfflineOut }
  /** 核验一次扫码：allow 为 true 才放行 */
  'POST /gates/{}/scan': { query: {  }; body: ScanIn; answer: ScanOut }
  /** 离线核验所需的公钥和已失效的通行码；建议每分钟取一次 */
  'GET /gates/{}/sync': { query: {  }; body: undefined; answer: SyncOut }
  /** 首页；带 If-None-Match 时，内容未变则返回 304 */
  'GET /home': { query: {  }; body: undefined; answer: HomeOut }
  /** 登记到账：逐笔处理、逐笔入账，一笔有误不影响其他各笔 */
  'POST /integrations/finance/receipts': { query: {  }; body: EntriesIn; answer: ResultsOut }
  /** 应收账单，最近有变化的在前 */
  'GET /integrations/finance/receivables': { query: { limit?: number; cursor?: string; since?: string | null }; body: undefined; answer: PageReceivableOut }
  /** 我的租赁申请 */
  'GET /lease-applications': { query: { limit?: number; cursor?: string }; body: undefined; answer: PageApplicationOut }
  /** 一份租赁申请 */
  'GET /lease-applications/{}': { query: {  }; body: undefined; answer: ApplicationOut }
  /** 撤回待审批的租赁申请 */
  'POST /lease-applications/{}/withdraw': { query: {  }; body: undefined; answer: ApplicationOut }
  /** 招租中的场地，新的在前 */
  'GET /listings': { query: { limit?: number; cursor?: string; kind?: '' | 'ad_space' | 'office' | 'parking' | 'room' | 'shop'; community_id?: string }; body: undefined; answer: PageListingOut }
  /** 一条场地信息（每打开一次计一次浏览） */
  'GET /listings/{}': { query: {  }; body: undefined; answer: ListingDetailOut }
  /** 提交租赁申请 */
  'POST /listings/{}/applications': { query: {  }; body: ApplicationIn; answer: ApplicationOut }
  /** 点击“联系物业”：返回联系方式，并计一次咨询 */
  'POST /listings/{}/inquiries': { query: {  }; body: undefined; answer: ContactOut }
  /** 分享海报（带二维码） */
  'GET /listings/{}/poster.png': { query: {  }; body: undefined; answer: undefined }
  /** 已发布的失物招领，新的在前 */
  'GET /lost-found': { query: { limit?: number; cursor?: string; kind?: '' | 'found' | 'lost'; category?: '' | 'bag' | 'card' | 'clothes' | 'jewellery' | 'key' | 'other' | 'parcel' | 'pet' | 'phone'; box?: 'all' | 'mine' }; body: undefined; answer: PageItemOut }
  /** 发布寻物或招领，审核通过后公开 */
  'POST /lost-found': { query: {  }; body: ItemIn; answer: ItemDetailOut }
  /** 一条失物招领 */
  'GET /lost-found/{}': { query: {  }; body: undefined; answer: ItemDetailOut }
  /** 申请认领（或提供寻物线索），由物业核实 */
  'POST /lost-found/{}/claims': { query: {  }; body: ClaimIn; answer: ClaimOut }
  /** 关闭自己发布的信息（已找回、已归还或不再需要） */
  'POST /lost-found/{}/close': { query: {  }; body: undefined; answer: ItemDetailOut }
  /** 注销账号：删除个人信息，历史账目匿名保留 */
  'DELETE /me': { query: {  }; body: undefined; answer: undefined }
  /** 我的资料 */
  'GET /me': { query: {  }; body: undefined; answer: MemberOut }
  /** 修改我的资料 */
  'PATCH /me': { query: {  }; body: ProfileIn; answer: MemberOut }
  /** 同意隐私政策或认证材料使用说明的当前版本 */
  'POST /me/consents': { query: {  }; body: ConsentIn; answer: ConsentOut }
  /** 我的在岗状态 */
  'GET /me/duty': { query: {  }; body: undefined; answer: DutyOut }
  /** 上岗或下岗 */
  'PATCH /me/duty': { query: {  }; body: DutyIn; answer: DutyOut }
  /** 导出我的个人信息 */
  'GET /me/export': { query: {  }; body: undefined; answer: ExportOut }
  /** 我的房号 */
  'GET /me/units': { query: {  }; body: undefined; answer: ListListUnitOut }
  /** 上传图片 */
  'POST /media': { query: {  }; body: undefined; answer: MediaOut }
  /** 查看图片（公开图片，或本人上传的图片） */
  'GET /media/{}': { query: { size?: '' | 'thumb' }; body: undefined; answer: undefined }
  /** 我的消息，新的在前 */
  'GET /messages': { query: { limit?: number; cursor?: string }; body: undefined; answer: PageMessageOut }
  /** 标记一条消息为已读 */
  'POST /messages/{}/read': { query: {  }; body: undefined; answer: MessageOut }
  /** 公告分类，按显示顺序 */
  'GET /notice-categories': { query: {  }; body: undefined; answer: ListListNoticeCategoryOut }
  /** 公告，置顶的在前，新的在前 */
  'GET /notices': { query: { limit?: number; cursor?: string; category?: string }; body: undefined; answer: PageNoticeItemOut }
  /** 一条公告 */
  'GET /notices/{}': { query: {  }; body: undefined; answer: NoticeOut }
  /** 记为已读（打开公告时调用） */
  'POST /notices/{}/read': { query: {  }; body: undefined; answer: undefined }
  /** 我申请的批量来访卡，以及本企业有权审批的，新的在前 */
  'GET /pass-batches': { query: { limit?: number; cursor?: string }; body: undefined; answer: PageBatchOut }
  /** 申请批量来访卡 */
  'POST /pass-batches': { query: {  }; body: BatchIn; answer: BatchOut }
  /** 一批来访卡 */
  'GET /pass-batches/{}': { query: {  }; body: undefined; answer: BatchOut }
  /** 有权的企业审批本企业的来访卡 */
  'POST /pass-batches/{}/approve': { query: {  }; body: undefined; answer: BatchOut }
  /** 取消待审批的申请 */
  'POST /pass-batches/{}/cancel': { query: {  }; body: undefined; answer: BatchOut }
  /** 批量来访卡 PDF，每页 10 张 */
  'GET /pass-batches/{}/cards.pdf': { query: {  }; body: undefined; answer: undefined }
  /** 有权的企业不通过本企业的来访卡 */
  'POST /pass-batches/{}/reject': { query: {  }; body: DecisionIn; answer: BatchOut }
  /** 我的缴费记录，最新的在前 */
  'GET /payments': { query: { limit?: number; cursor?: string }; body: undefined; answer: PagePaymentRowOut }
  /** 发起缴费：可一次缴多张账单；重复点击得到同一张缴费单 */
  'POST /payments': { query: {  }; body: PaymentIn; answer: PayOut }
  /** 缴费单详情；待支付时向微信支付查询结果 */
  'GET /payments/{}': { query: {  }; body: undefined; answer: PaymentOut }
  /** 取消待支付的缴费单；已经支付的照常入账 */
  'POST /payments/{}/cancel': { query: {  }; body: undefined; answer: PaymentRowOut }
  /** 开票申请的进展；尚未申请时 request 为空 */
  'GET /payments/{}/invoice-request': { query: {  }; body: undefined; answer: InvoiceStateOut }
  /** 申请开票 */
  'POST /payments/{}/invoice-request': { query: {  }; body: InvoiceIn; answer: InvoiceOut }
  /** 收据（PDF），支付成功后可下载 */
  'GET /payments/{}/receipt.pdf': { query: {  }; body: undefined; answer: undefined }
  /** 报修类别（两级） */
  'GET /repair-categories': { query: {  }; body: undefined; answer: ListListRepairCategoryOut }
  /** 扫描设备二维码：预填位置与类别 */
  'GET /repair-points/{}': { query: {  }; body: undefined; answer: RepairPointOut }
  /** 可以请求订阅的消息模板，和我的剩余次数 */
  'GET /subscriptions': { query: {  }; body: undefined; answer: PageSubscriptionOut }
  /** 记录用户刚同意的订阅消息 */
  'POST /subscriptions': { query: {  }; body: SubscriptionIn; answer: PageSubscriptionOut }
  /** 我登记的来访，或待我审批的来访，新的在前 */
  'GET /visits': { query: { limit?: number; cursor?: string; box?: 'mine' | 'to_approve' }; body: undefined; answer: PageVisitOut }
  /** 登记来访：住户邀请和师傅进出立即生成通行码，访客申请由被访人审批 */
  'POST /visits': { query: {  }; body: VisitIn; answer: VisitOut }
  /** 一次来访 */
  'GET /visits/{}': { query: {  }; body: undefined; answer: VisitOut }
  /** 被访人同意来访，访客得到通行码 */
  'POST /visits/{}/approve': { query: {  }; body: undefined; answer: VisitOut }
  /** 取消来访，通行码立即失效 */
  'POST /visits/{}/cancel': { query: {  }; body: undefined; answer: VisitOut }
  /** 来访的通行码 */
  'GET /visits/{}/pass': { query: {  }; body: undefined; answer: PassOut }
  /** 通行二维码图片 */
  'GET /visits/{}/pass.png': { query: {  }; body: undefined; answer: undefined }
  /** 被访人不同意来访 */
  'POST /visits/{}/reject': { query: {  }; body: DecisionIn; answer: VisitOut }
  /** 工单列表：我报修的、抢单池、派给我的 */
  'GET /work-orders': { query: { limit?: number; cursor?: string; box?: '' | 'assigned' | 'pool' | 'reported'; state?: 'all' | 'done' | 'open' }; body: undefined; answer: PageWorkOrderOut }
  /** 报修 */
  'POST /work-orders': { query: {  }; body: WorkOrderIn; answer: WorkOrderDetailOut }
  /** 一张工单及其进度 */
  'GET /work-orders/{}': { query: {  }; body: undefined; answer: WorkOrderDetailOut }
  /** 同意报价 */
  'POST /work-orders/{}/accept-quote': { query: {  }; body: QuoteAnswerIn; answer: WorkOrderDetailOut }
  /** 同意上门时间 */
  'POST /work-orders/{}/agree-time': { query: {  }; body: AppointmentAgreedIn; answer: WorkOrderDetailOut }
  /** 取消工单（开工之前） */
  'POST /work-orders/{}/cancel': { query: {  }; body: WorkOrderReasonIn; answer: WorkOrderDetailOut }
  /** 可转派的同事，合适者在前 */
  'GET /work-orders/{}/colleagues': { query: {  }; body: undefined; answer: ListListColleagueOut }
  /** 留言 */
  'POST /work-orders/{}/comment': { query: {  }; body: WorkOrderCommentIn; answer: WorkOrderDetailOut }
  /** 确认完成 */
  'POST /work-orders/{}/confirm': { query: {  }; body: undefined; answer: WorkOrderDetailOut }
  /** 不同意报价 */
  'POST /work-orders/{}/decline-quote': { query: {  }; body: QuoteRefusalIn; answer: WorkOrderDetailOut }
  /** 完工：处理说明、用料与照片 */
  'POST /work-orders/{}/finish': { query: {  }; body: FinishIn; answer: WorkOrderDetailOut }
  /** 接单：抢单池中的工单，或派给我的工单 */
  'POST /work-orders/{}/grab': { query: {  }; body: undefined; answer: WorkOrderDetailOut }
  /** 反馈未修好，工单返工 */
  'POST /work-orders/{}/not-done': { query: {  }; body: NotDoneIn; answer: WorkOrderDetailOut }
  /** 暂停计时：等待客户或配件 */
  'POST /work-orders/{}/pause': { query: {  }; body: PauseIn; answer: WorkOrderDetailOut }
  /** 工单的照片（报修人与维修师傅可见） */
  'GET /work-orders/{}/pictures/{}': { query: { size?: '' | 'thumb' }; body: undefined; answer: undefined }
  /** 提议上门时间 */
  'POST /work-orders/{}/propose-time': { query: {  }; body: AppointmentIn; answer: WorkOrderDetailOut }
  /** 报价（开工之前；0 为撤回） */
  'POST /work-orders/{}/quote': { query: {  }; body: QuoteIn; answer: WorkOrderDetailOut }
  /** 评价 */
  'POST /work-orders/{}/rate': { query: {  }; body: RepairRatingIn; answer: WorkOrderDetailOut }
  /** 恢复计时 */
  'POST /work-orders/{}/resume': { query: {  }; body: undefined; answer: WorkOrderDetailOut }
  /** 退回工单 */
  'POST /work-orders/{}/return': { query: {  }; body: WorkOrderReasonIn; answer: undefined }
  /** 开始维修 */
  'POST /work-orders/{}/start': { query: {  }; body: undefined; answer: WorkOrderDetailOut }
  /** 转派给同事 */
  'POST /work-orders/{}/transfer': { query: {  }; body: TransferIn; answer: undefined }
}

/** Operations that need no sign-in. */
export const OPEN: ReadonlySet<string> = new Set<keyof Operations>([
  'POST /ads/impressions',
  'POST /ads/{}/click',
  'POST /auth/wechat',
  'GET /auth/wechat-official',
  'POST /auth/wechat-official',
  'POST /callbacks/wechatpay',
  'GET /client',
  'GET /communities',
  'GET /communities/{}/units',
  'GET /convenience',
  'GET /convenience/{}',
  'POST /gates/{}/passages',
  'POST /gates/{}/scan',
  'GET /gates/{}/sync',
  'GET /home',
  'POST /integrations/finance/receipts',
  'GET /integrations/finance/receivables',
  'GET /listings',
  'GET /listings/{}',
  'POST /listings/{}/inquiries',
  'GET /listings/{}/poster.png',
  'GET /lost-found',
  'GET /lost-found/{}',
  'GET /media/{}',
  'GET /notice-categories',
  'GET /notices',
  'GET /notices/{}',
])
