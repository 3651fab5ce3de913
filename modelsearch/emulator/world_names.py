"""Who lives in a synthetic world. Every family, model, provider and host here is made up; prices and sizes are of a
realistic order and belong to nobody.
"""

from dataclasses import dataclass
from decimal import Decimal

from modelsearch.core.market import Architecture, PricingClass


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTemplate:
    """A model. `size_b` drives its ability; it is published only for open weights.

    Attributes:
        home: provider that alone serves a closed model; "" = open weights.
        input_usd, output_usd: price per Mtok at the home, or the middle of the hosts' prices.
        reasoning_share: median hidden tokens as a share of the task's output limit; 0 = does not reason.
    """

    id: str
    family: str
    size_b: float
    active_b: float
    architecture: Architecture
    input_usd: Decimal
    output_usd: Decimal
    context_tokens: int
    home: str = ""
    reasoning_share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderTemplate:
    """A provider. `ttft_s` is its median time to the first token, `batch` the batch API that it has."""

    id: str
    name: str
    dialect: str
    pricing_class: PricingClass
    ttft_s: float
    regions: tuple[str, ...]
    is_zdr: bool
    batch: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTemplate:
    """One way to buy an open model. `host` is pinned at a router; `price` multiplies the middle price."""

    provider_id: str
    host: str | None
    quantization: str
    price: float
    coverage: float = 0.85
    max_size_b: float = 1e9


def _closed(
    home: str, text: str, sizes: tuple[float, float], usd: tuple[str, str], reasoning: float = 0
) -> ModelTemplate:
    return ModelTemplate(
        id=text,
        family=text.split("-", maxsplit=1)[0],
        size_b=sizes[0],
        active_b=sizes[1],
        architecture="unknown",
        input_usd=Decimal(usd[0]),
        output_usd=Decimal(usd[1]),
        context_tokens=200_000,
        home=home,
        reasoning_share=reasoning,
    )


def _open(
    text: str, sizes: tuple[float, float], usd: tuple[str, str], kind: Architecture, reasoning: float = 0
) -> ModelTemplate:
    return ModelTemplate(
        id=text,
        family=text.split("-", maxsplit=1)[0],
        size_b=sizes[0],
        active_b=sizes[1],
        architecture=kind,
        input_usd=Decimal(usd[0]),
        output_usd=Decimal(usd[1]),
        context_tokens=32_768 if sizes[0] < 10 else 131_072,
        reasoning_share=reasoning,
    )


MODELS: tuple[ModelTemplate, ...] = (
    _closed("quillonworks", "quillon-grand", (600, 600), ("15", "30")),
    _closed("quillonworks", "quillon-middle", (150, 150), ("3", "15")),
    _closed("quillonworks", "quillon-swift", (30, 30), ("0.8", "4")),
    _closed("brontidelabs", "brontide-summit", (500, 500), ("5", "20"), 0.20),
    _closed("brontidelabs", "brontide-plain", (120, 120), ("1.25", "5")),
    _closed("brontidelabs", "brontide-spark", (25, 25), ("0.15", "0.6")),
    _closed("tessellar", "tessellar-deep", (400, 400), ("8", "28"), 0.22),
    _closed("tessellar", "tessellar-broad", (200, 200), ("2.5", "10")),
    _closed("tessellar", "tessellar-tiny", (20, 20), ("0.25", "1")),
    _open("marrowby-70b", (70, 70), ("0.55", "0.75"), "dense"),
    _open("marrowby-32b", (32, 32), ("0.2", "0.35"), "dense"),
    _open("marrowby-8b", (8, 8), ("0.05", "0.08"), "dense"),
    _open("marrowby-3b", (3, 3), ("0.03", "0.04"), "dense"),
    _open("vellumine-480b-a35b", (480, 35), ("0.6", "2.2"), "moe", 0.15),
    _open("vellumine-120b-a5b", (120, 5), ("0.12", "0.5"), "moe"),
    _open("vellumine-30b-a3b", (30, 3), ("0.08", "0.3"), "moe"),
    _open("okapine-24b", (24, 24), ("0.12", "0.28"), "dense"),
    _open("okapine-12b", (12, 12), ("0.07", "0.13"), "dense"),
    _open("okapine-4b", (4, 4), ("0.03", "0.06"), "dense"),
    _open("zephrune-52b", (52, 20), ("0.3", "0.6"), "hybrid"),
    _open("zephrune-9b", (9, 9), ("0.06", "0.1"), "hybrid"),
    _open("zephrune-9b-ponder", (9, 9), ("0.07", "0.2"), "hybrid", 0.25),
    _open("corrigan-14b", (14, 14), ("0.08", "0.16"), "dense"),
    _open("corrigan-1b", (1.2, 1.2), ("0.03", "0.03"), "dense"),
)

PROVIDERS: tuple[ProviderTemplate, ...] = (
    ProviderTemplate(
        id="quillonworks",
        name="Quillon Works",
        dialect="anthropic_messages",
        pricing_class="premium",
        ttft_s=0.7,
        regions=("us", "eu"),
        is_zdr=False,
        batch="anthropic",
    ),
    ProviderTemplate(
        id="brontidelabs",
        name="Brontide Labs",
        dialect="google_generate",
        pricing_class="premium",
        ttft_s=0.5,
        regions=("us", "eu"),
        is_zdr=False,
    ),
    ProviderTemplate(
        id="tessellar",
        name="Tessellar",
        dialect="openai_chat",
        pricing_class="premium",
        ttft_s=0.6,
        regions=("us",),
        is_zdr=False,
        batch="openai",
    ),
    ProviderTemplate(
        id="halvardcloud",
        name="Halvard Cloud",
        dialect="openai_chat",
        pricing_class="variable",
        ttft_s=0.35,
        regions=("eu",),
        is_zdr=True,
    ),
    ProviderTemplate(
        id="pennyroute",
        name="Pennyroute",
        dialect="openai_chat",
        pricing_class="variable",
        ttft_s=0.55,
        regions=("us", "eu"),
        is_zdr=True,
        batch="openrouter",
    ),
    ProviderTemplate(
        id="drumlincompute",
        name="Drumlin Compute",
        dialect="openai_chat",
        pricing_class="budget",
        ttft_s=0.45,
        regions=("us",),
        is_zdr=True,
    ),
    ProviderTemplate(
        id="cellarbox",
        name="Cellar Box",
        dialect="openai_chat",
        pricing_class="local",
        ttft_s=0.9,
        regions=("local",),
        is_zdr=True,
    ),
)

ROUTER = "pennyroute"
HOSTS: tuple[HostTemplate, ...] = (
    HostTemplate(provider_id="halvardcloud", host=None, quantization="bf16", price=1.5),
    HostTemplate(provider_id="drumlincompute", host=None, quantization="fp8", price=0.75),
    HostTemplate(provider_id=ROUTER, host="pinehost/bf16", quantization="bf16", price=1.15),
    HostTemplate(provider_id=ROUTER, host="tinbarn/int4", quantization="int4", price=0.55),
    HostTemplate(provider_id=ROUTER, host="quarryline/fp8", quantization="fp8", price=0.85, coverage=0.5),
    HostTemplate(provider_id="cellarbox", host=None, quantization="int4", price=0.35, coverage=1.0, max_size_b=15),
)
