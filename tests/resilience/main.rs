//! What must stay true when things go wrong: one failing component takes no other down, nothing acknowledged is lost,
//! and a stop loses no request.

mod cold_start;
mod damage;
mod drain;
mod durability;
mod isolation;
mod soak;
