//! What people and scripts are shown. Values in, text out: nothing here runs a gateway.

pub mod annotation;
pub mod capsule;
pub mod cross_json;
pub mod exhibit;
pub mod family_json;
pub mod html;
pub mod json;
pub mod junit;
pub mod page;
pub mod race_page;
pub mod scenario_text;
pub mod table;
pub mod timeline;
pub mod windows;
