"""What people in the demo are called, work on and write: invented, and awkward on purpose here and there."""

from __future__ import annotations

from typing import NamedTuple


class Person(NamedTuple):
    """`handle` is their user name on Data Center; `sites` tells on which sites they have an account."""

    handle: str
    display_name: str
    time_zone: str
    locale: str
    sites: str


class Story(NamedTuple):
    """`is_current` marks one that is being worked on, whatever day it is."""

    issue_type: str
    summary: str
    labels: str = ""
    is_current: bool = False


class Epic(NamedTuple):
    project: str
    summary: str
    stories: tuple[Story, ...]


ME = Person("malbrecht", "Maren Albrecht", "Europe/Berlin", "en_US", "cloud datacenter")
COLLEAGUES = (
    Person("pnatarajan", "Priya Natarajan", "Asia/Kolkata", "en_US", "cloud datacenter"),
    Person("lbrandt", "Lukas Brandt", "Europe/Berlin", "de_DE", "cloud datacenter"),
    Person("therrera", "Tomás Herrera", "America/New_York", "es_ES", "cloud"),
    Person("atanaka", "田中 葵", "Asia/Tokyo", "ja_JP", "cloud"),
    Person("skelly", "Siobhán Kelly", "Europe/Dublin", "en_US", "cloud datacenter"),
    Person("nokafor", "Noah Okafor", "Africa/Lagos", "en_US", "cloud"),
    Person("isolberg", "Ingrid Solberg", "Europe/Oslo", "en_US", "cloud"),
    Person("hnissen", "Hauke Nissen", "Europe/Berlin", "de_DE", "datacenter"),
)
LEAD = "lbrandt"  # has the role Administrators

PROJECTS = {
    "APP": "Customer App",
    "OPS": "Operations",
    "ORG": "Organisation",
    "NORD": "Nordwind Portal",
}

# Issues that never end; the first of a project gets its number 1.
EVERGREENS = {
    "ORG": (
        Story("Task", "Meetings"),
        Story("Task", "One-to-ones and feedback"),
        Story("Task", "Interviews with applicants", "hiring"),
        Story("Task", "Training and conferences"),
        Story("Task", "Administration, travel and expenses"),
        Story("Task", "Knowledge sharing"),
    ),
    "OPS": (Story("Task", "On call: alerts and small incidents", "on-call"),),
    "NORD": (Story("Task", "Support and questions from the departments", "support"),),
}
MEETINGS = "ORG-1"

EPICS = (
    Epic(
        "APP",
        "Sign in without a password",
        (
            Story("Story", "Sign in with a passkey", "login security"),
            Story("Task", "Choose a passkey library", "login"),
            Story("Story", "Recover an account when the phone is lost", "login"),
            Story("Bug", "Passkey dialog closes when the phone is rotated", "login mobile"),
            Story("Sub-task", "Texts for the passkey dialog in five languages", "i18n"),
            Story("Task", "Remove the old password form", "cleanup"),
            Story("Bug", "“Remember me” forgets after an hour", "login"),
            Story("Story", "Show the devices that are signed in", "login security"),
        ),
    ),
    Epic(
        "APP",
        "Search that finds things",
        (
            Story("Story", "Suggest products while typing", "search"),
            Story("Story", "Tolerate typing errors in product names", "search"),
            Story("Task", "Measure the search time on slow phones", "performance search"),
            Story("Bug", "Umlauts in the search term find nothing", "search i18n"),
            Story("Bug", "Search results jump while pictures load", "search mobile"),
            Story("Sub-task", "Index product synonyms", "search"),
            Story("Story", "Filter by size and colour", "search"),
            Story("Task", "Move the search index to the new cluster", "search infrastructure"),
            Story("Story", "Remember the last five searches", "search"),
        ),
    ),
    Epic(
        "APP",
        "Checkout in three steps",
        (
            Story("Story", "One page for address and delivery", "checkout"),
            Story("Story", "Pay by instant bank transfer", "checkout payment"),
            Story("Bug", "Charge $5 instead of $50 for express delivery", "checkout payment", True),
            Story("Bug", "Voucher is used up although the payment failed", "checkout payment"),
            Story("Sub-task", "Validate postal codes abroad", "checkout"),
            Story("Task", "Accessibility review of the checkout", "a11y checkout"),
            Story("Story", "Keep the basket for thirty days", "checkout"),
            Story("Bug", "Back button empties the basket", "checkout mobile"),
            Story("Task", "Load test for the Christmas season", "performance"),
        ),
    ),
    Epic(
        "APP",
        "Invoices and returns",
        (
            Story("Story", "Download an invoice as PDF", "invoices"),
            Story("Story", "Announce a return in the app", "returns"),
            Story(
                "Bug", "<img src=x onerror=alert(1)> in a company name breaks the invoice", "invoices security", True
            ),
            Story("Bug", "Rounding differs between basket and invoice", "invoices"),
            Story("Task", "Archive invoices for ten years", "invoices"),
            Story("Sub-task", "Return label with QR code", "returns"),
            Story("Story", "Refund to a gift card", "returns payment"),
            Story("Bug", "Return reason “Andere Gründe” is cut off", "returns i18n"),
        ),
    ),
    Epic(
        "APP",
        "Dark mode and design system",
        (
            Story("Story", "Follow the dark mode of the phone", "design"),
            Story("Task", "Replace the old colour names", "design cleanup"),
            Story("Task", "Component library: buttons and dialogs", "design"),
            Story("Bug", "Grey text on grey in the order list", "a11y design"),
            Story("Sub-task", "New icons for delivery status", "design"),
            Story("Story", "Larger type on request", "a11y"),
            Story("Bug", "Splash screen flashes white in dark mode", "design mobile"),
        ),
    ),
    Epic(
        "APP",
        "Notifications people want",
        (
            Story("Story", "Tell when the parcel is around the corner", "notifications"),
            Story("Story", "Choose what to be told", "notifications"),
            Story("Bug", "Two notifications for one order", "notifications"),
            Story("Task", "Quiet hours by time zone", "notifications i18n"),
            Story("Sub-task", "Ask for permission at the right moment", "notifications mobile"),
            Story("Bug", "Notification opens the wrong order", "notifications mobile"),
            Story("Story", "Price alarm for the wish list", "notifications"),
        ),
    ),
    Epic(
        "OPS",
        "Kubernetes upgrade",
        (
            Story("Task", "Read the release notes and list what breaks", "kubernetes"),
            Story("Task", "Upgrade the staging cluster", "kubernetes"),
            Story("Task", "Upgrade production, one zone at a time", "kubernetes", True),
            Story("Bug", "Pods are evicted without need after the upgrade", "kubernetes"),
            Story("Sub-task", "Replace deprecated ingress definitions", "kubernetes"),
            Story("Task", "Practise the way back", "kubernetes"),
        ),
    ),
    Epic(
        "OPS",
        "Alerts that matter",
        (
            Story("Task", "Delete alerts nobody acts on", "monitoring"),
            Story("Story", "One dashboard for the morning", "monitoring"),
            Story("Bug", "Disk alert comes after the disk is full", "monitoring"),
            Story("Task", "Rota for the on-call phone", "on-call"),
            Story("Sub-task", "Playbook for certificate renewal", "on-call"),
            Story("Task", "Trace requests through the checkout", "monitoring performance"),
        ),
    ),
    Epic(
        "OPS",
        "Faster builds",
        (
            Story("Task", "Cache dependencies between builds", "ci"),
            Story("Bug", "Build agents run out of disk on Fridays", "ci"),
            Story("Task", "Split the test run in four parts", "ci"),
            Story("Sub-task", "Report flaky tests in the team channel", "ci"),
            Story("Task", "Sign container images", "ci security"),
            Story("Bug", "Nightly build ignores the time change", "ci"),
        ),
    ),
    Epic(
        "NORD",
        "Move to the new portal",
        (
            Story("Task", "Workshop: pages and roles", "workshop"),
            Story("Task", "Import pages from the old portal", "migration"),
            Story("Bug", "Tables lose their header on import", "migration"),
            Story("Story", "Redirect old addresses", "migration"),
            Story("Task", "Rehearse the migration weekend", "migration"),
            Story("Bug", "Attachments over 50 MB are skipped", "migration"),
            Story("Sub-task", "List of pages nobody reads", "migration"),
            Story("Task", "Train the editors in Kiel and Rostock", "training"),
        ),
    ),
    Epic(
        "NORD",
        "Forms for the departments",
        (
            Story("Story", "Travel request with approval", "forms"),
            Story("Story", "Order work clothes", "forms"),
            Story("Bug", "Form loses its entries after ten minutes", "forms"),
            Story("Story", "Sick note by phone camera", "forms mobile"),
            Story("Sub-task", "Mail text for declined requests", "forms"),
            Story("Task", "Check the forms with the works council", "forms"),
            Story("Story", "Deputy for approvals during holidays", "forms", True),
            Story("Bug", "Approval link leads to the log-in page", "forms"),
        ),
    ),
    Epic(
        "NORD",
        "Connect payroll",
        (
            Story("Task", "Agree on the interface with the payroll vendor", "payroll"),
            Story("Story", "Show the payslip in the portal", "payroll security"),
            Story("Task", "Test data without real names", "payroll"),
            Story("Bug", "Payslip of December shows the year before", "payroll"),
            Story("Sub-task", "Log who opened a payslip", "payroll security"),
            Story("Task", "Performance test with 4,000 employees", "payroll performance"),
            Story("Story", "Announce bank details once", "payroll"),
        ),
    ),
    Epic(
        "NORD",
        "Accessible for everyone",
        (
            Story("Task", "Audit with a screen reader", "a11y"),
            Story("Bug", "Menu cannot be opened with the keyboard", "a11y"),
            Story("Story", "Pages in plain language", "a11y"),
            Story("Bug", "Contrast of the blue buttons", "a11y"),
            Story("Sub-task", "Captions for the welcome video", "a11y"),
            Story("Task", "Statement on accessibility", "a11y"),
            Story("Bug", "Focus jumps to the top after saving", "a11y"),
        ),
    ),
)

MEETING_COMMENTS = (
    "Daily",
    "Daily",
    "Sprint planning",
    "Refinement",
    "Review and retrospective",
    "Weekly with product",
    "Architecture round",
    "Roadmap",
    None,
)
OFFICE_COMMENTS = ("Prepared", "Notes written up", "With Ingrid", "Open points collected", None, None)
WORK_COMMENTS = (
    "Implementation",
    "Code review",
    "Tests and small fixes",
    "Analysis",
    "Pairing with Priya",
    "Reproduced and fixed",
    "First draft",
    "Documentation",
    "Prepared the demo",
    "Deployment to staging",
    "Follow-up to the review",
    "Clean-up after the merge",
    "Waiting times measured, results in the wiki",
    "Discussed the open points with Siobhán",
    "Spike: two variants compared",
    "Rollout and monitoring",
    "Write tests first, then the fix",
    "Call with the vendor",
    "Fehler nachgestellt und behoben",
    "Abstimmung mit dem Fachbereich",
    None,
    None,
    None,
)
AWKWARD_COMMENTS = (
    "*Done:* paging in {{SearchController}}, see [the notes|https://example.com/notes/paging]",
    "Release went out 🚀 and nobody had to roll back 🎉",
    "<b>bold</b> in mails arrived as text, escaped once instead of twice",
    None,
    "Build container: $PATH and $HOME were swapped",
    "=1+1",
    "Time-out in the checkout:\n- reproduced with 200 users\n- pool size raised\n- load test asked for",
    "東京チームと打ち合わせ、検索の速度について",
    "שיחה עם הצוות על התרגום לעברית",
)
