"""What is decided before a plan is applied: the remaining estimate, mail to watchers, and the typed confirmation."""

from __future__ import annotations

from collections.abc import Callable, Collection

import ipywidgets as widgets

from roots_nb.connections.connection import DeploymentName
from roots_nb.editing.plan import Plan
from roots_nb.widgets.site_fields import show

ESTIMATES = [("Leave as it is", "leave"), ("Adjust automatically", "auto")]
_STYLE = {"description_width": "initial"}


class ApplyOptions(widgets.VBox):
    """Fields that fit a plan; what was chosen stays for the next one, what was typed does not.

    Attributes
    ----------
    estimate : Dropdown
        What becomes of the remaining estimate: "leave" or "auto".
    notify : Checkbox
        Whether watchers get mail; shown where a site of the plan is Cloud.
    confirmation : Text
        Shown where the plan asks for one.

    Parameters
    ----------
    on_change : callable
        Called when the confirmation is typed.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._asked = ""
        self.estimate = widgets.Dropdown(
            options=ESTIMATES, description="Remaining estimate", style=_STYLE, layout={"width": "auto"}
        )
        self.notify = widgets.Checkbox(value=False, indent=False, layout={"width": "auto"})
        self.confirmation = widgets.Text(style=_STYLE, layout={"width": "auto", "align_self": "flex-start"})
        self.confirmation.observe(lambda _: on_change(), "value")
        choices = widgets.HBox([self.estimate, self.notify], layout={"flex_flow": "row wrap", "grid_gap": "0 24px"})
        super().__init__([choices, self.confirmation])

    def fit(self, plan: Plan, deployments: Collection[DeploymentName]) -> None:
        """`deployments` are those of the sites that the plan is about."""
        self._asked, self.confirmation.value = plan.confirmation, ""
        self.confirmation.description = f"This removes a lot. To apply it, type: {plan.confirmation}"
        show(self.confirmation, shown=bool(plan.confirmation))
        always = " (on Cloud; Server / Data Center always does)" if "datacenter" in deployments else ""
        self.notify.description = f"Notify watchers by mail{always}"
        show(self.notify, shown="cloud" in deployments)
        show(self, shown=len(plan) > 0)

    @property
    def confirmed(self) -> str:
        """What was typed."""
        return str(self.confirmation.value).strip()

    @property
    def are_complete(self) -> bool:
        """Whether what the plan asks for was typed."""
        return not self._asked or self.confirmed == self._asked

    def lock(self, *, locked: bool) -> None:
        for field in (self.estimate, self.notify, self.confirmation):
            field.disabled = locked
