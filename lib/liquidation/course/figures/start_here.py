"""Pictures of lesson 00."""

from __future__ import annotations

from liquidation.theory import linear

from ..drawing import GREEN, GREY, ORANGE, RED, Picture, new_figure, thousands


def life_of_a_long(entry_price: float, leverage: float, maintenance_margin_rate: float) -> Picture:
    """Draw the three stretches of falling price in the life of a long; prices in USDT, the rate as a fraction."""
    liquidation = linear.liquidation_price_by_leverage.long(
        entry_price=entry_price, leverage=leverage, maintenance_margin_rate=maintenance_margin_rate
    )
    bankruptcy = linear.bankruptcy_price_by_leverage.long(entry_price=entry_price, leverage=leverage)
    room = entry_price - bankruptcy
    low, high = bankruptcy - room / 2, entry_price + room / 4

    figure, ax = new_figure(height=2.3)
    stretches = [
        (liquidation, high, GREEN, "///", "yours to close"),
        (bankruptcy, liquidation, ORANGE, "", ""),
        (low, bankruptcy, RED, "xxx", "someone else pays"),
    ]
    for start, end, color, hatch, words in stretches:
        ax.barh(0, end - start, left=start, height=0.5, color=color, alpha=0.3, hatch=hatch, edgecolor="white")
        ax.text(
            (start + end) / 2,
            0,
            words,
            ha="center",
            va="center",
            fontsize=11,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 3},
        )
    for price, words, align in [
        (entry_price, "entry", "center"),
        (liquidation, "liquidation", "left"),
        (bankruptcy, "bankruptcy", "right"),
    ]:
        ax.plot([price, price], [-0.25, 0.38], color=GREY)
        ax.text(price, 0.42, f"{words}\n{price:,.0f}", ha=align, va="bottom", fontsize=10.5)
    ax.annotate(
        "the exchange's room",
        ((liquidation + bankruptcy) / 2, -0.25),
        (liquidation, -0.55),
        fontsize=11,
        va="center",
        arrowprops={"arrowstyle": "-", "color": GREY},
    )
    ax.set(xlim=(low, high), ylim=(-0.7, 0.95), yticks=[])
    ax.spines["left"].set_visible(False)
    ax.grid(visible=False)
    ax.set_xlabel("mark price (USDT per BTC)", fontsize=10.5)
    thousands(ax.xaxis)
    return Picture(
        figure,
        f"The life of a long bought at {entry_price:,.0f} with {leverage:g}x. Down to {liquidation:,.0f} the trader "
        f"may close it; there the exchange takes it away; below {bankruptcy:,.0f} its margin is used up and the "
        "loss is someone else's.",
    )
