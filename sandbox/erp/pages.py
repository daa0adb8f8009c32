"""The ERP's web page."""

from django.http import HttpResponse


def index(request):
    return HttpResponse("ERP")


new = draft = index
