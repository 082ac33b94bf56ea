"""Back office: offers, applications for them with follow-up and signing, leases."""

from collections.abc import Iterable
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.core import rights
from app.core.backoffice import Button, ModuleView, computed, forms, page
from app.core.backoffice.attributes import Kind, attribute
from app.core.backoffice.cells import plain, staff_names
from app.core.db import db, transaction
from app.core.errors import Invalid
from app.modules.leasing import operations, queries, sheets
from app.modules.leasing.models import PUBLISHED, Lease, LeaseApplication, LeaseFollowUp, Listing
from app.modules.leasing.signing import SigningForm
from app.modules.members.models import CUSTOMER_KINDS, Customer


class LeaseView(ModuleView):
    """租约: what is let to whom; making one makes the occupancy."""

    model, area, sheet = Lease, "lease_applications", sheets.LEASES
    title, icon = "租约", "fa-file-contract"
    columns = ("id", "subject", "customer", "unit", "community", "starts_on", "ends_on", "rent_fen")
    filters = ("community", "customer", "ends_on", "starts_on")
    search = ("subject",)
    order = ("-id",)
    sortable = ("ends_on", "created_at")
    form = ("customer", "unit", "subject", "starts_on", "ends_on", "rent_fen")
    form_edit = ("subject", "starts_on", "ends_on", "rent_fen")
    can_delete = False

    def save(self, session: Session, record: Lease | None, values: dict[str, Any]) -> Lease:
        return operations.save_lease(session, record, values)


class LeaseApplicationView(ModuleView):
    """租赁申请: decide, note what was said, and turn it into a customer with a lease (L3, L4)."""

    model, area, sheet = LeaseApplication, "lease_applications", sheets.APPLICATIONS
    title, icon = "租赁申请", "fa-file-signature"
    columns = ("id", "name", "listing", "community", "phone", "state", "created_at", "decided_at")
    sections = (
        ("申请内容", ("listing", "community", "name", "phone", "message", "created_at", "state")),
        ("处理结果", ("decided_by", "decided_at", "reason", "customer")),
    )
    filters = ("state", "listing", "community", "created_at")
    search = ("name", "phone_tail", "phone_index")
    order = ("-id",)
    sortable = ("created_at", "decided_at")
    readonly = True
    moves = ("approve", "reject", "fall_through")
    move_inputs = {"reject": ("reason",), "fall_through": ("reason",)}
    related = ((LeaseView, "application_id"),)
    show_template = "leasing/application.html"
    tones = {"signed": "blue"}

    def make_move(self, session: Session, record: LeaseApplication, name: str, values: dict[str, Any]) -> Any:
        if name == "approve":
            return operations.approve(session, record, current_user.id)
        return operations.reject(session, record, current_user.id, values["reason"], name)

    def show_context(self, record: LeaseApplication) -> dict[str, Any]:
        notes = queries.follow_ups(db.session(), record.id)
        names = staff_names(db.session(), [attribute(LeaseFollowUp, "staff_id")], notes)
        return {
            "notes": [
                (plain(Kind.MOMENT, one.created_at), names.get(one.staff_id or 0, _("系统")), one.note) for one in notes
            ],
            "may_note": rights.can(self.area, "edit"),
        }

    def extra_buttons(self, record: LeaseApplication) -> Iterable[Button]:
        if record.state == "approved":
            href = url_for("LeaseApplicationView.sign", record_id=record.id)
            yield Button("签约入驻", href, "fa-handshake", "approve")

    @page("/<int:record_id>/follow-up", action="edit", methods=("POST",))
    def note(self, record_id: int) -> Response:
        """Add a follow-up note."""
        text = request.form.get("note", "")
        return self.act(
            record_id,
            lambda session, record: operations.follow_up(session, record, current_user.id, text),
            _("已记录跟进内容"),
        )

    @page("/<int:record_id>/sign", action="approve", methods=("GET", "POST"))
    def sign(self, record_id: int) -> Any:
        """Customer, days and rent of the lease that an approved application becomes."""
        session = db.session()
        record = self.record_or_404(record_id)
        form = SigningForm.read(request.form) if request.method == "POST" else SigningForm.begin()
        problems: dict[str, str] = dict(form.problems)
        if request.method == "POST" and not problems:
            try:
                with transaction():
                    chosen = self._customer(session, record, form)
                    found = self.find(session, record_id)
                    operations.sign(session, found, current_user.id, customer_id=chosen, kind=form.kind, **form.terms())
                flash(_("已签约，客户与入住关系已建立"), "success")
                return redirect(self.url("show", pk=record_id))
            except forms.REFUSALS as error:
                problems = forms.words(error, Lease)
                record = self.record_or_404(record_id)
        context = {"customers": queries.likely_customers(session, record), "kinds": CUSTOMER_KINDS}
        shown = {"record": record, "form": form, "problems": problems} | context
        return self.render("leasing/sign.html", 422 if problems else 200, **shown)

    def _customer(self, session: Session, record: LeaseApplication, form: SigningForm) -> int | None:
        """The chosen customer; only those that the page offers may be chosen."""
        if not form.customer:
            return None
        found: Customer | None = next(
            (one for one in queries.likely_customers(session, record) if str(one.id) == form.customer), None
        )
        if found is None:
            raise Invalid.field("customer", _("所选客户与申请不符，请刷新后重试"))
        return found.id


class ListingView(ModuleView):
    """场地租赁: offers, with what each has brought (L1, L4)."""

    model, area, sheet = Listing, "listings", sheets.LISTINGS
    title, icon = "场地租赁", "fa-shop"
    columns = ("id", "title", "kind", "community", "price", "area_m2", "state", "reach", "published_at")
    sections = (
        ("基本信息", ("title", "kind", "community", "unit", "location", "area_m2", "price", "period", "available_on",
                  "contact_name", "contact_phone", "state")),
        ("详细介绍", ("content",)),
        ("效果", ("reach", "published_at", "leased_at")),
    )  # fmt: skip
    filters = ("state", "kind", "community", "published_at")
    search = ("title", "location")
    order = ("-id",)
    sortable = ("published_at", "created_at")
    form = ("title", "kind", "community", "unit", "price_fen", "price_unit", "area_m2", "period", "available_on",
            "location", "contact_name", "contact_phone", "content")  # fmt: skip
    images = "listing"
    moves = ("publish", "lease", "unpublish")
    related = ((LeaseApplicationView, "listing_id"),)

    @computed("价格")
    def price(self, session: Session, records: list[Listing]) -> dict[int, str]:
        return {one.id: queries.price_text(one.price_fen, one.price_unit) for one in records}

    @computed("浏览/咨询/申请")
    def reach(self, session: Session, records: list[Listing]) -> dict[int, str]:
        found = queries.counts(session, [one.id for one in records])
        return {n: f"{count.views} / {count.inquiries} / {count.applications}" for n, count in found.items()}

    def save(self, session: Session, record: Listing | None, values: dict[str, Any]) -> Listing:
        return operations.save_listing(session, record, values)

    def make_move(self, session: Session, record: Listing, name: str, values: dict[str, Any]) -> Listing:
        return operations.move_listing(session, record, name)

    def remove(self, session: Session, record: Listing) -> None:
        operations.remove_listing(session, record)

    def extra_buttons(self, record: Listing) -> Iterable[Button]:
        if record.state == PUBLISHED:
            yield Button("分享页", url_for("share.listing", listing_id=record.id), "fa-share-nodes")
            yield Button("海报", url_for("api_leasing.get_poster", listing_id=record.id), "fa-image")
