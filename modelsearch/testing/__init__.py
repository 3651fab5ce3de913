"""Shipped for authors of plug-ins: conformance suites, factories, worlds with a known best answer."""
