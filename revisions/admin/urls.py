"""The addresses of pages on queues and on what went through them, below `/admin/`."""

from django.contrib.admin import site
from django.urls import path

from revisions.admin import browsing, choosing, feedback, purging, reconciling, restored, taking_in, taking_out, tracing

urlpatterns = [
    path("revisions/feedback/dismiss/", site.admin_view(feedback.dismiss), name="feedback_dismiss"),
    path("subscriptions/subscription/<int:pk>/reported/", site.admin_view(feedback.notice), name="feedback_notice"),
    path("restored/", site.admin_view(restored.page), name="restored"),
    path("restored/take-in/", site.admin_view(taking_in.take_in), name="take_in"),
    path("restored/taken-in/<int:pk>/", site.admin_view(taking_in.report), name="taken_in"),
    path("restored/taken-in/<int:pk>/progress/", site.admin_view(taking_in.progress), name="taken_in_progress"),
    path("trace/", site.admin_view(tracing.trace_page), name="trace"),
    path("subscriptions/subscription/<int:pk>/outbox/", site.admin_view(browsing.outbox), name="outbox"),
    path(
        "subscriptions/subscription/<int:pk>/outbox/<int:sequence>/",
        site.admin_view(browsing.outbox_row),
        name="outbox_row",
    ),
    path(
        "subscriptions/subscription/<int:pk>/reconciliation/",
        site.admin_view(reconciling.page),
        name="subscription_reconciliation",
    ),
    path("subscriptions/subscription/choice/", site.admin_view(choosing.means), name="choice_means"),
    path("subscriptions/subscription/preview/", site.admin_view(choosing.preview), name="choice_preview"),
    path("subscriptions/subscription/purge/", site.admin_view(purging.purge), name="outbox_purge"),
    path("subscriptions/subscription/<int:pk>/passed-over/", site.admin_view(taking_out.notice), name="passed_over"),
    path("subscriptions/subscription/<int:pk>/take-out/", site.admin_view(taking_out.take_out), name="take_out"),
]
