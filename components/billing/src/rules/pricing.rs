//! What use costs beyond what a plan includes.

use crate::rules::catalogue::Allowance;
use serde::Serialize;
use shared::money::{Currency, Money, MoneyError};

/// The use beyond an allowance and its price.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Overage {
    /// Units beyond the included.
    pub quantity: i64,
    /// For all of them; zero where the plan does not charge for overage.
    pub charge: Money,
}

/// The overage of `used` units under `allowance`. Each started block is charged in full.
pub fn overage(
    allowance: &Allowance,
    used: i64,
    currency: Currency,
) -> Result<Overage, MoneyError> {
    let quantity = used.saturating_sub(allowance.included).max(0);
    let charge = match allowance.overage {
        None => Money::new(0, currency),
        Some(price) => price
            .price
            .times(blocks(quantity, price.per.get().into()))?,
    };
    Ok(Overage { quantity, charge })
}

/// How many blocks of `per` units are started by `quantity` units. Divides before it adds, so that it cannot overflow.
fn blocks(quantity: i64, per: i64) -> i64 {
    quantity / per + i64::from(quantity % per != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::catalogue::OveragePrice;
    use std::num::NonZero;

    fn eur() -> Currency {
        "EUR".parse().expect("a currency")
    }

    fn euros(amount: i64) -> Money {
        Money::new(amount, eur())
    }

    fn allowance(included: i64, overage: Option<(u32, i64)>) -> Allowance {
        Allowance {
            meter: "api_calls".into(),
            name: "API calls".into(),
            unit: "call".into(),
            included,
            overage: overage.map(|(per, amount)| OveragePrice {
                per: NonZero::new(per).expect("not zero"),
                price: euros(amount),
            }),
        }
    }

    fn charge(used: i64, allowance: &Allowance) -> Result<(i64, i64), MoneyError> {
        overage(allowance, used, eur()).map(|overage| (overage.quantity, overage.charge.amount))
    }

    #[test]
    fn use_within_the_allowance_costs_nothing() {
        let allowance = allowance(10_000, Some((1000, 50)));
        assert_eq!(charge(0, &allowance), Ok((0, 0)));
        assert_eq!(charge(10_000, &allowance), Ok((0, 0)));
    }

    #[test]
    fn each_started_block_is_charged_in_full() {
        let allowance = allowance(10_000, Some((1000, 50)));
        assert_eq!(charge(10_001, &allowance), Ok((1, 50)));
        assert_eq!(charge(11_000, &allowance), Ok((1000, 50)));
        assert_eq!(charge(11_001, &allowance), Ok((1001, 100)));
    }

    #[test]
    fn a_plan_without_an_overage_price_counts_and_does_not_charge() {
        assert_eq!(charge(1500, &allowance(1000, None)), Ok((500, 0)));
    }

    #[test]
    fn a_charge_beyond_64_bits_is_refused_and_not_wrapped() {
        assert_eq!(
            charge(i64::MAX, &allowance(0, Some((1, 2)))),
            Err(MoneyError::Overflow)
        );
        assert_eq!(
            charge(i64::MAX, &allowance(0, Some((1, 1)))),
            Ok((i64::MAX, i64::MAX))
        );
    }
}
