//! Plans that are for sale.

use crate::rules::catalogue::{Allowance, Interval, OveragePrice, Plan};
use serde::Deserialize;
use shared::storage::{Connection, Error, params};
use shared::{Currency, Money};
use std::num::NonZero;

/// A plan joined with one of its allowances; the allowance's columns are null where it has none.
#[derive(Deserialize)]
struct Row {
    id: String,
    family: String,
    name: String,
    price: i64,
    currency: Currency,
    meter: Option<String>,
    meter_name: Option<String>,
    unit: Option<String>,
    included: Option<i64>,
    per: Option<NonZero<u32>>,
    block_price: Option<i64>,
}

/// Every plan for sale, in the catalogue's order.
pub fn plans(db: &Connection) -> Result<Vec<Plan>, Error> {
    select(db, None)
}

/// One plan, if it is for sale.
pub fn plan(db: &Connection, id: &str) -> Result<Option<Plan>, Error> {
    Ok(select(db, Some(id))?.into_iter().next())
}

fn select(db: &Connection, id: Option<&str>) -> Result<Vec<Plan>, Error> {
    let rows = db.query(
        "SELECT p.id, p.family, p.name, p.price, p.currency,
                m.id AS meter, m.name AS meter_name, m.unit, pm.included, pm.per, pm.block_price
         FROM plans p
         LEFT JOIN plan_meters pm ON pm.plan_id = p.id
         LEFT JOIN meters m ON m.id = pm.meter_id
         WHERE p.withdrawn_at IS NULL AND (?1 IS NULL OR p.id = ?1)
         ORDER BY p.position, p.id, m.id",
        params![id],
    )?;
    Ok(collect(rows))
}

/// Makes plans of rows in which those of one plan are neighbours.
fn collect(rows: Vec<Row>) -> Vec<Plan> {
    let mut plans: Vec<Plan> = Vec::new();
    for row in rows {
        let allowance = allowance(&row);
        match plans.last_mut() {
            Some(plan) if plan.id == row.id => plan.meters.extend(allowance),
            _ => plans.push(Plan {
                id: row.id,
                family: row.family,
                name: row.name,
                price: Money::new(row.price, row.currency),
                interval: Interval::Month,
                meters: allowance.into_iter().collect(),
            }),
        }
    }
    plans
}

fn allowance(row: &Row) -> Option<Allowance> {
    Some(Allowance {
        meter: row.meter.clone()?,
        name: row.meter_name.clone()?,
        unit: row.unit.clone()?,
        included: row.included?,
        overage: overage_price(row.per, row.block_price, row.currency),
    })
}

/// The price of overage, as the two columns give it: both, or neither.
pub fn overage_price(
    per: Option<NonZero<u32>>,
    block_price: Option<i64>,
    currency: Currency,
) -> Option<OveragePrice> {
    Some(OveragePrice {
        per: per?,
        price: Money::new(block_price?, currency),
    })
}
