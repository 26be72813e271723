"""Pictures of lesson 00."""

from __future__ import annotations

from liquidation import linear

from .. import drawing as draw


def turning_points(entry_price: float, leverage: float, maintenance_margin_rate: float) -> tuple[float, float]:
    """Compute the liquidation and the bankruptcy price of a long, in USDT."""
    opened = {"entry_price": entry_price, "leverage": leverage}
    liquidation = linear.liquidation_price_by_leverage.long(maintenance_margin_rate=maintenance_margin_rate, **opened)
    return liquidation, linear.bankruptcy_price_by_leverage.long(**opened)


@draw.own_style()
def life_of_a_long(entry_price: float, leverage: float, maintenance_margin_rate: float) -> draw.Picture:
    """Draw the three stretches of falling price in the life of a long; prices in USDT, the rate as a fraction."""
    liquidation, bankruptcy = turning_points(entry_price, leverage, maintenance_margin_rate)
    room = entry_price - bankruptcy
    low, high = bankruptcy - room / 2, entry_price + room / 4
    figure, ax = draw.new_figure(height=2.3)
    for start, end, color, hatch, words in [
        (liquidation, high, draw.GREEN, "///", "yours to close"),
        (bankruptcy, liquidation, draw.ORANGE, "", ""),
        (low, bankruptcy, draw.RED, "xxx", "someone else pays"),
    ]:
        ax.barh(0, end - start, left=start, height=0.5, color=color, alpha=0.3, hatch=hatch, edgecolor="white")
        ax.text((start + end) / 2, 0, words, ha="center", va="center", fontsize=11, bbox=draw.paper(3))
    for price, words, align in [
        (entry_price, "entry", "center"),
        (liquidation, "liquidation", "left"),
        (bankruptcy, "bankruptcy", "right"),
    ]:
        ax.plot([price, price], [-0.25, 0.38], color=draw.GREY)
        ax.text(price, 0.42, f"{words}\n{price:,.0f}", ha=align, va="bottom", fontsize=10.5)
    middle, line = ((liquidation + bankruptcy) / 2, -0.25), {"arrowstyle": "-", "color": draw.GREY}
    ax.annotate("the exchange's room", middle, (liquidation, -0.55), fontsize=11, va="center", arrowprops=line)
    ax.set(xlim=(low, high), ylim=(-0.7, 0.95), yticks=[])
    ax.spines["left"].set_visible(False)
    ax.grid(visible=False)
    caption = (
        f"The life of a long bought at {entry_price:,.0f} with {leverage:g}x. Down to {liquidation:,.0f} the trader "
        f"may close it; there the exchange takes it away; below {bankruptcy:,.0f} its margin is used up and the "
        "loss is someone else's."
    )
    return draw.finish(figure, ax, caption, x=("price of bitcoin (USDT)", draw.THOUSANDS), y="")
